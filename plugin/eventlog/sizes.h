/* SPDX-License-Identifier: MIT */
/* sizes.h: how packets' sizes are spread: exact for sizes up to 64 KiB. */
#ifndef KIDOS_EVENTLOG_SIZES_H
#define KIDOS_EVENTLOG_SIZES_H

#include <stdint.h>

#define KIDOS_SIZES 65536u

struct kidos_sizes {
	uint64_t counts[KIDOS_SIZES + 1]; /* packets of each size; the last: all that are larger */
	uint64_t packets, bytes;
	uint64_t least, most; /* if there is a packet */
	long double squares; /* sum of them */
};

/*
 * A row's packets. Of several the sizes are not known: so many have the mean
 * rounded down, and so many one byte more, that they add up to the bytes.
 */
void kidos_sizes_add(struct kidos_sizes *sizes, uint64_t packets, uint64_t bytes);
/* What is known of the smallest and the largest among them; 0: nothing. */
void kidos_sizes_widen(struct kidos_sizes *sizes, uint64_t least, uint64_t most);

/* 0 without packets. */
double kidos_sizes_mean(const struct kidos_sizes *sizes);
double kidos_sizes_deviation(const struct kidos_sizes *sizes); /* of a sample: by n - 1 */
/* Between the two packets around it, in proportion; share from 0 to 1, 0.5 is the median. */
double kidos_sizes_quantile(const struct kidos_sizes *sizes, double share);

#endif
