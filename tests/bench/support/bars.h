/* SPDX-License-Identifier: MIT */
/* bars.h: what kidos promises of its cost, as ratios that hold on any machine. */
#ifndef KIDOS_BENCH_BARS_H
#define KIDOS_BENCH_BARS_H

#include "report.h"

struct bar {
	const char *name;
	double limit;
	bool (*value)(const struct bar *bar, const struct report *report, double *value);
	unsigned int flows;
};

/* Ends with a row without a name. */
extern const struct bar bars[];

/* false if the run did not measure it. */
bool bar_value(const struct bar *bar, const struct report *report, double *value);

#endif
