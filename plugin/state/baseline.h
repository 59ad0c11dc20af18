/* SPDX-License-Identifier: MIT */
/* baseline.h: the flow table as a kernel hash map (kernels before 5.12), read and cleared. */
#ifndef KIDOS_STATE_BASELINE_H
#define KIDOS_STATE_BASELINE_H

#include "state/maps.h"

/* false ends the walk. */
typedef bool (*kidos_baseline_entry)(const struct kidos_flow_key *key,
				     const struct kidos_flow_baseline *flow, void *context);

void kidos_baseline_each(const struct kidos_maps *maps, kidos_baseline_entry each, void *context);

/*
 * Removes every entry whose last packet came before this time (kidos time
 * units), adds what it held to `retired`, and reports it. Packets are counted
 * meanwhile, and none is lost. Waits for the programs under way: milliseconds.
 * 0 or -errno of the first entry that could not be removed.
 */
int kidos_baseline_remove(const struct kidos_maps *maps, uint32_t before,
			  kidos_baseline_entry removed, void *context);

#endif
