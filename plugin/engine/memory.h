/* SPDX-License-Identifier: MIT */
/* memory.h: what the tables will take, computed before anything is loaded. */
#ifndef KIDOS_ENGINE_MEMORY_H
#define KIDOS_ENGINE_MEMORY_H

#include "core/config.h"

struct kidos_plan {
	uint32_t sets; /* a power of two */
	uint32_t max_flows; /* half of the entries in the sets */
	uint32_t slots;
	uint32_t ports; /* entries of the table of interfaces, a power of two */
	uint32_t drop_room; /* records of drops of one CPU, a power of two; 0: drops are off */
	uint64_t bytes; /* maps and user tables together */
	uint64_t limit;
};

#define KIDOS_SPILL_QUEUE 8192u /* evicted flows that may wait for a poll */

/* Bytes that a table of this many flows takes, in maps and in the reader. */
uint64_t kidos_plan_bytes(uint32_t max_flows, uint32_t slots, unsigned int cpus);

/*
 * The largest power of two of flows up to MaxFlows that fits the limit.
 * memory: bytes of RAM; cpus: possible ones. Returns 0, or -1 if not even the
 * smallest table fits.
 */
int kidos_plan(const struct kidos_config *config, uint64_t memory, unsigned int cpus,
	       struct kidos_plan *plan);

#endif
