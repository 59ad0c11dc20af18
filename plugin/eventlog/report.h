/* SPDX-License-Identifier: MIT */
/* report.h: an analysis as sections of cells, which text, JSON and CSV print alike. */
#ifndef KIDOS_EVENTLOG_REPORT_H
#define KIDOS_EVENTLOG_REPORT_H

#include "eventlog/analysis.h"

#define KIDOS_REPORT_COLUMNS 12
#define KIDOS_REPORT_SECTIONS 24
#define KIDOS_REPORT_TOP 10
#define KIDOS_REPORT_FLOWS 20
#define KIDOS_REPORT_THREATS 100 /* of a kind that are listed; there may be more */

enum kidos_cell_type { KIDOS_CELL_TEXT, KIDOS_CELL_NUMBER, KIDOS_CELL_REAL, KIDOS_CELL_TIME };

struct kidos_report_column {
	const char *name; /* as JSON and CSV have it; text has blanks for underscores */
	enum kidos_cell_type type;
};

struct kidos_cell {
	char *text; /* escaped; NULL and no number: there is none */
	uint64_t number; /* or a time, in ns */
	double real;
	bool none;
};

struct kidos_section {
	const char *name;
	const char *title;
	bool single; /* one row: an object in JSON, a line for each cell in text */
	size_t shown; /* rows that text has at most, 0: all */
	struct kidos_report_column columns[KIDOS_REPORT_COLUMNS];
	size_t width, count, room; /* columns; cells */
	struct kidos_cell *cells; /* row by row */
};

struct kidos_report {
	struct kidos_section sections[KIDOS_REPORT_SECTIONS];
	size_t count;
	bool failed; /* out of memory */
};

/* bad: lines that were none. Free it. */
void kidos_report_make(struct kidos_report *report, struct kidos_analysis *analysis, uint64_t bad);
void kidos_report_free(struct kidos_report *report);

#endif
