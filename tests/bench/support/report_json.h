/* SPDX-License-Identifier: MIT */
#ifndef KIDOS_BENCH_REPORT_JSON_H
#define KIDOS_BENCH_REPORT_JSON_H

#include "report.h"

/* One object on standard output. */
void report_json(const struct report *report);

#endif
