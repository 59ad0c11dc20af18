/* SPDX-License-Identifier: MIT */
#include "state/totals.h"

int kidos_counts_read(const struct kidos_maps *maps, unsigned int slot, struct kidos_counts *counts)
{
	*counts = (struct kidos_counts){};
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		struct kidos_totals totals;
		int error = kidos_maps_totals(maps, slot, d, &totals);

		if (error)
			return error;
		for (unsigned int i = 0; i < KIDOS_CLASSES; i++) {
			counts->classes[d][i].packets =
				totals.hook[i].packets + totals.extra[i].packets;
			counts->classes[d][i].bytes = totals.hook[i].bytes + totals.extra[i].bytes;
		}
		for (unsigned int i = 0; i < KIDOS_PARSE_ERRORS; i++)
			counts->errors[i] += totals.errors[i];
	}
	return 0;
}

void kidos_counts_add(struct kidos_counts *sum, const struct kidos_counts *counts)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		for (unsigned int i = 0; i < KIDOS_CLASSES; i++) {
			sum->classes[d][i].packets += counts->classes[d][i].packets;
			sum->classes[d][i].bytes += counts->classes[d][i].bytes;
		}
	for (unsigned int i = 0; i < KIDOS_PARSE_ERRORS; i++)
		sum->errors[i] += counts->errors[i];
}

struct kidos_count kidos_counts_sum(const struct kidos_counts *counts, unsigned int direction)
{
	struct kidos_count sum = {};

	for (unsigned int i = 0; i < KIDOS_CLASSES; i++) {
		sum.packets += counts->classes[direction][i].packets;
		sum.bytes += counts->classes[direction][i].bytes;
	}
	return sum;
}
