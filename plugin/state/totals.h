/* SPDX-License-Identifier: MIT */
/* totals.h: packets and bytes on the wire by protocol class, of one interface or of several. */
#ifndef KIDOS_STATE_TOTALS_H
#define KIDOS_STATE_TOTALS_H

#include "state/maps.h"

struct kidos_counts {
	struct kidos_count classes[KIDOS_DIRECTIONS][KIDOS_CLASSES];
	uint64_t errors[KIDOS_PARSE_ERRORS]; /* packets, both directions */
};

/* Reads those of a slot, over all CPUs; 0 or -errno. */
int kidos_counts_read(const struct kidos_maps *maps, unsigned int slot,
		      struct kidos_counts *counts);

void kidos_counts_add(struct kidos_counts *sum, const struct kidos_counts *counts);

/* All classes of one direction. */
struct kidos_count kidos_counts_sum(const struct kidos_counts *counts, unsigned int direction);

#endif
