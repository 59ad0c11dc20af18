/* SPDX-License-Identifier: MIT */
/* fanout.h: how many addresses each process went to within a window that slides. */
#ifndef KIDOS_CONNECTS_FANOUT_H
#define KIDOS_CONNECTS_FANOUT_H

#include "abi_connect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kidos_fanout;

/* A process that has reached the threshold. */
struct kidos_fanout_found {
	uint32_t tgid; /* in the daemon's PID namespace, 0: none */
	char comm[KIDOS_COMM];
	uint64_t addresses; /* no more than twice the threshold are remembered */
	struct kidos_connect_record newest; /* of its records */
};
typedef void (*kidos_fanout_take)(const struct kidos_fanout_found *found, void *context);

#define KIDOS_FANOUT_ADDRESSES 16384u /* of all processes; at least four times the threshold */

uint64_t kidos_fanout_bytes(uint64_t threshold);

/* NULL without memory. */
struct kidos_fanout *kidos_fanout_new(uint64_t threshold, uint64_t window_ns);
void kidos_fanout_free(struct kidos_fanout *fanout);

/* An attempt or datagrams over IP; other records are passed over. */
void kidos_fanout_add(struct kidos_fanout *fanout, const struct kidos_connect_record *record);

/*
 * Forgets what is older than the window, and gives each process that is at the
 * threshold or above it. now_ns: CLOCK_BOOTTIME.
 */
void kidos_fanout_judge(struct kidos_fanout *fanout, uint64_t now_ns, kidos_fanout_take take,
			void *context);

/* Addresses for which there was no room. */
uint64_t kidos_fanout_lost(const struct kidos_fanout *fanout);

#endif
