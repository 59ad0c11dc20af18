/* SPDX-License-Identifier: MIT */
/* conserve_check.h: our counts and the interface's own; under the lock. */
#ifndef KIDOS_LINKS_CONSERVE_CHECK_H
#define KIDOS_LINKS_CONSERVE_CHECK_H

#include "context.h"

/* One slot's totals; 0 or -errno. */
int kidos_slot_read(const struct kidos_context *context, unsigned int slot,
		    struct kidos_slot_counts *counts);
void kidos_totals_sum(const struct kidos_totals totals[KIDOS_DIRECTIONS],
		      struct kidos_sum sums[KIDOS_DIRECTIONS]);
int kidos_slot_sums(const struct kidos_context *context, unsigned int slot,
		    struct kidos_sum sums[KIDOS_DIRECTIONS]);

/*
 * Fills the slots' unaccounted, and counts (one per slot) with the totals that
 * it was computed from; costs a few reads of counters and totals.
 */
void kidos_conserve(struct kidos_context *context, struct kidos_slot_counts *counts);

#endif
