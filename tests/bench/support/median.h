/* SPDX-License-Identifier: MIT */
#ifndef KIDOS_BENCH_MEDIAN_H
#define KIDOS_BENCH_MEDIAN_H

/* Sorts the values; count is at least 1. */
double median(double *values, unsigned int count);

#endif
