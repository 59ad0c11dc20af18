/* SPDX-License-Identifier: MIT */
/* report.h: the results as text while they come in, or as JSON at the end. */
#ifndef KIDOS_BENCH_REPORT_H
#define KIDOS_BENCH_REPORT_H

#include "measure.h"
#include "read.h"

struct report_cost {
	const struct scenario *scenario;
	struct cost costs[SUBJECTS];
};

struct report_read {
	const struct read_way *way;
	struct read_result result;
};

#define REPORT_ROWS 64

struct report {
	bool json;
	unsigned int cost_count, read_count;
	struct report_cost costs[REPORT_ROWS];
	struct report_read reads[REPORT_ROWS];
};

void report_begin(const struct report *report, const struct measure_options *options);
void report_add_cost(struct report *report, const struct scenario *scenario,
		     const struct cost costs[SUBJECTS]);
void report_add_read(struct report *report, const struct read_way *way,
		     const struct read_result *result);
/* The bars, in text; or everything, in JSON. */
void report_end(const struct report *report);

#endif
