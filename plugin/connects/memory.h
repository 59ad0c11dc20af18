/* SPDX-License-Identifier: MIT */
/* memory.h: what maps and tables of connections take. */
#ifndef KIDOS_CONNECTS_MEMORY_H
#define KIDOS_CONNECTS_MEMORY_H

#include "connects/settings.h"

#define KIDOS_CONNECT_ROOM_LEAST 64u /* records of one CPU */

/* Bytes with the least room for records. */
uint64_t kidos_connect_bytes(const struct kidos_connect_settings *settings, unsigned int cpus);

/*
 * Records of one CPU that fit `room` bytes more, a power of two, and no more
 * of all CPUs than the option Recorder says, but the least; bytes: that these take more.
 */
uint32_t kidos_connect_room(const struct kidos_connect_settings *settings, unsigned int cpus,
			    uint64_t room, uint64_t *bytes);

#endif
