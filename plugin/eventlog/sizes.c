/* SPDX-License-Identifier: MIT */
#include "eventlog/sizes.h"

#include <math.h>

static void add(struct kidos_sizes *sizes, uint64_t size, uint64_t count)
{
	if (!count)
		return;
	sizes->counts[size < KIDOS_SIZES ? size : KIDOS_SIZES] += count;
	sizes->squares += (long double)size * (long double)size * (long double)count;
	if (!sizes->packets || size < sizes->least)
		sizes->least = size;
	if (size > sizes->most)
		sizes->most = size;
	sizes->packets += count;
	sizes->bytes += size * count;
}

void kidos_sizes_add(struct kidos_sizes *sizes, uint64_t packets, uint64_t bytes)
{
	uint64_t size = packets ? bytes / packets : 0, more = packets ? bytes % packets : 0;

	add(sizes, size, packets - more);
	add(sizes, size + 1, more);
}

void kidos_sizes_widen(struct kidos_sizes *sizes, uint64_t least, uint64_t most)
{
	if (least && least < sizes->least)
		sizes->least = least;
	if (most > sizes->most)
		sizes->most = most;
}

double kidos_sizes_mean(const struct kidos_sizes *sizes)
{
	return sizes->packets ? (double)((long double)sizes->bytes / (long double)sizes->packets)
			      : 0;
}

double kidos_sizes_deviation(const struct kidos_sizes *sizes)
{
	long double n = (long double)sizes->packets, sum = (long double)sizes->bytes;
	long double variance = n > 1 ? (sizes->squares - sum * sum / n) / (n - 1) : 0;

	return variance > 0 ? (double)sqrtl(variance) : 0;
}

/* Of the packet with so many before it. What is larger than is kept apart counts as the largest. */
static double size_at(const struct kidos_sizes *sizes, uint64_t rank)
{
	uint64_t before = 0;

	for (unsigned int size = 0; size < KIDOS_SIZES; size++) {
		before += sizes->counts[size];
		if (before > rank)
			return size;
	}
	return (double)sizes->most;
}

double kidos_sizes_quantile(const struct kidos_sizes *sizes, double share)
{
	double rank, whole, left;

	if (!sizes->packets)
		return 0;
	rank = share * (double)(sizes->packets - 1);
	whole = floor(rank);
	left = size_at(sizes, (uint64_t)whole);
	if (rank == whole)
		return left;
	return left + (rank - whole) * (size_at(sizes, (uint64_t)whole + 1) - left);
}
