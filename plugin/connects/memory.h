/* SPDX-License-Identifier: MIT */
/* memory.h: what maps and tables of connections take. */
#ifndef KIDOS_CONNECTS_MEMORY_H
#define KIDOS_CONNECTS_MEMORY_H

#include "connects/settings.h"

#define KIDOS_CONNECT_ROOM_LEAST 64u /* records of one CPU */
#define KIDOS_CONNECT_SHIFT_MOST 3u

/* How large maps are: struct kidos_connect_state has both. */
struct kidos_connect_sizes {
	uint32_t shift; /* maps of owners, failures and attempts have 1/2^shift of their entries */
	uint32_t room; /* records of one CPU, a power of two */
};

/* What is wanted of connections beside their values. */
struct kidos_connect_wanted {
	bool alerts;
	bool whose; /* packets are */
};

/* Bytes with the least room. */
uint64_t kidos_connect_bytes(const struct kidos_connect_settings *settings, unsigned int cpus,
			     struct kidos_connect_wanted wanted);

/*
 * The largest that fit `room` bytes more: first whole maps, then records, no
 * more of all CPUs than the option Recorder says, but the least. Returns the
 * bytes that these take more.
 */
uint64_t kidos_connect_fit(const struct kidos_connect_settings *settings, unsigned int cpus,
			   struct kidos_connect_wanted wanted, uint64_t room,
			   struct kidos_connect_sizes *sizes);

#endif
