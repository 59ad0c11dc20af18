/* SPDX-License-Identifier: MIT */
/* latency.h: percentiles out of log2 histograms. */
#ifndef KIDOS_CONNECTS_LATENCY_H
#define KIDOS_CONNECTS_LATENCY_H

#include "abi_connect.h"

#include <stdint.h>

/*
 * Seconds that `percent` of all stayed below, of a histogram whose bucket i
 * counts 2^i to 2^(i+1) - 1 ns: within the bucket as if they were spread evenly. NAN: it is empty.
 */
double kidos_connect_percentile(const uint64_t buckets[KIDOS_CONNECT_BUCKETS],
				unsigned int percent);

#endif
