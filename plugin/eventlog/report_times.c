/* SPDX-License-Identifier: MIT */
/* report_times.c: when there was traffic. */
#include "eventlog/report_cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int by_hour(const void *a, const void *b)
{
	int64_t left = ((const struct kidos_hour *)a)->hour;
	int64_t right = ((const struct kidos_hour *)b)->hour;

	return (left > right) - (left < right);
}

static void add_hour(struct kidos_sum *sum, const struct kidos_hour *hour)
{
	sum->rows += hour->rows_packets.bytes;
	sum->packets += hour->rows_packets.packets;
	sum->bytes += hour->bytes;
}

static void report_hours(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	struct kidos_sum sums[24] = {};
	char name[8];

	for (size_t i = 0; i < analysis->hours.count; i++) {
		const struct kidos_hour *hour = kidos_ledger_at(&analysis->hours, i);

		add_hour(&sums[hour->hour % 24], hour);
	}
	kidos_report_begin(report, "hours", "Hours of the day", COLUMNS(TEXT("hour"), SUM));
	for (unsigned int i = 0; i < 24; i++) {
		if (!sums[i].rows)
			continue;
		snprintf(name, sizeof(name), "%02u", i);
		kidos_report_text(report, name);
		kidos_report_sum(report, &sums[i], &analysis->all);
	}
}

/* "2026-11-29", and " 09:00" behind it. */
static void date_of(int64_t hour, bool with_hour, char text[32])
{
	time_t seconds = hour * 3600;
	struct tm tm;
	size_t length;

	gmtime_r(&seconds, &tm);
	length = strftime(text, 32, "%Y-%m-%d", &tm);
	if (with_hour)
		strftime(text + length, 32 - length, " %H:00", &tm);
}

/* The hours are in their order. */
static void report_days(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	const struct kidos_ledger *hours = &analysis->hours;
	char name[32];

	kidos_report_begin(report, "days", "Days", COLUMNS(TEXT("day"), SUM));
	for (size_t i = 0; i < hours->count;) {
		const struct kidos_hour *hour = kidos_ledger_at(hours, i);
		int64_t day = hour->hour / 24;
		struct kidos_sum sum = {};

		for (; i < hours->count; i++) {
			hour = kidos_ledger_at(hours, i);
			if (hour->hour / 24 != day)
				break;
			add_hour(&sum, hour);
		}
		date_of(day * 24, false, name);
		kidos_report_text(report, name);
		kidos_report_sum(report, &sum, &analysis->all);
	}
}

static void report_peak(struct kidos_report *report, const struct kidos_analysis *analysis)
{
	const struct kidos_hour *peak = NULL;
	struct kidos_sum sum = {};
	char name[32];

	kidos_report_begin(report, "peak", "Busiest hour", COLUMNS(TEXT("hour"), SUM))->single =
		true;
	for (size_t i = 0; i < analysis->hours.count; i++) {
		const struct kidos_hour *hour = kidos_ledger_at(&analysis->hours, i);

		if (!peak || hour->rows_packets.packets > peak->rows_packets.packets)
			peak = hour;
	}
	if (!peak)
		return;
	date_of(peak->hour, true, name);
	add_hour(&sum, peak);
	kidos_report_text(report, name);
	kidos_report_sum(report, &sum, &analysis->all);
}

void kidos_report_times(struct kidos_report *report, struct kidos_analysis *analysis)
{
	qsort(analysis->hours.entries, analysis->hours.count, analysis->hours.entry, by_hour);
	report_hours(report, analysis);
	report_days(report, analysis);
	report_peak(report, analysis);
}
