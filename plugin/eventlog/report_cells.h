/* SPDX-License-Identifier: MIT */
/* report_cells.h: the cells of a report's sections, one after the other, row by row. */
#ifndef KIDOS_EVENTLOG_REPORT_CELLS_H
#define KIDOS_EVENTLOG_REPORT_CELLS_H

#include "eventlog/report.h"

#define KIDOS_REPORT_SECOND 1000000000u /* ns */

/* Cells go to the section that was begun last. columns ends with a name of NULL. */
struct kidos_section *kidos_report_begin(struct kidos_report *report, const char *name,
					 const char *title,
					 const struct kidos_report_column *columns);

void kidos_report_text(struct kidos_report *report, const char *raw);
void kidos_report_number(struct kidos_report *report, uint64_t number);
void kidos_report_real(struct kidos_report *report, double real);
void kidos_report_none(struct kidos_report *report);
void kidos_report_time(struct kidos_report *report, uint64_t time_ns);
void kidos_report_address(struct kidos_report *report, const union kidos_address *address);
void kidos_report_protocol(struct kidos_report *report, unsigned int protocol);
void kidos_report_sum(struct kidos_report *report, const struct kidos_sum *sum,
		      const struct kidos_sum *all);
double kidos_report_percent(uint64_t part, uint64_t whole);

#define TEXT(name)                    \
	{                             \
		name, KIDOS_CELL_TEXT \
	}
#define NUMBER(name)                    \
	{                               \
		name, KIDOS_CELL_NUMBER \
	}
#define REAL(name)                    \
	{                             \
		name, KIDOS_CELL_REAL \
	}
#define TIME(name)                    \
	{                             \
		name, KIDOS_CELL_TIME \
	}
#define SUM NUMBER("rows"), NUMBER("packets"), NUMBER("bytes"), REAL("percent")
#define COLUMNS(...) ((const struct kidos_report_column[]){ __VA_ARGS__, {} })

/* Sections with files of their own. */
void kidos_report_times(struct kidos_report *report, struct kidos_analysis *analysis);
void kidos_report_threats(struct kidos_report *report, struct kidos_analysis *analysis);

#endif
