/* SPDX-License-Identifier: MIT */
/* recent.h: recent events out of the per-CPU rings of `connect_records`. */
#ifndef KIDOS_CONNECTS_RECENT_H
#define KIDOS_CONNECTS_RECENT_H

#include "abi_connect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The array as it lies in memory. */
struct kidos_connect_rings {
	const struct kidos_connect_record *records; /* cpus * room of them; NULL: none */
	unsigned int cpus, room;
};

/*
 * Copies a record while programs write; false: empty, being written, or not
 * of this ABI.
 */
bool kidos_connect_record_read(const struct kidos_connect_record *record,
			       struct kidos_connect_record *copy);

typedef void (*kidos_connect_record_take)(const struct kidos_connect_record *record, void *context);

/*
 * Gives the records whose sequence is beyond their CPU's in last[], and moves
 * that on to the newest. Returns how many were overwritten before they could be read.
 */
uint64_t kidos_connect_recent(const struct kidos_connect_rings *rings, uint64_t *last,
			      kidos_connect_record_take take, void *context);

/*
 * The same, for who comes often: looks at what is new alone, of each CPU oldest first, and leaves
 * one that is being written for the next time.
 */
uint64_t kidos_connect_follow(const struct kidos_connect_rings *rings, uint64_t *last,
			      kidos_connect_record_take take, void *context);

/*
 * Since when (CLOCK_BOOTTIME, ns) every recorded event is still there:
 * `started` as long as no ring has been round.
 */
uint64_t kidos_connect_reach(const struct kidos_connect_rings *rings, uint64_t started);

#endif
