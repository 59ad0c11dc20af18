/* SPDX-License-Identifier: MIT */
#include "connects/latency.h"

#include <math.h>

double kidos_connect_percentile(const uint64_t buckets[KIDOS_CONNECT_BUCKETS], unsigned int percent)
{
	uint64_t total = 0, below = 0;
	double wanted, low;
	unsigned int i;

	for (i = 0; i < KIDOS_CONNECT_BUCKETS; i++)
		total += buckets[i];
	if (!total)
		return NAN;
	wanted = (double)total * percent / 100;
	for (i = 0; (double)(below + buckets[i]) < wanted; i++)
		below += buckets[i];
	low = i ? ldexp(1, (int)i) : 0;
	return (low +
		(ldexp(1, (int)i + 1) - low) * (wanted - (double)below) / (double)buckets[i]) /
	       1e9;
}
