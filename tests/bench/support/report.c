/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdio.h>

#include "bars.h"
#include "cpu.h"
#include "peers.h"
#include "report_json.h"

static const enum subject_id net_columns[] = {
	SUBJECT_LIMIT, SUBJECT_PERCPU_HASH, SUBJECT_HASH, SUBJECT_KIDOS_XDP, SUBJECT_KIDOS_TC,
};

#define COLUMNS (sizeof(net_columns) / sizeof(*net_columns))

void report_begin(const struct report *report, const struct measure_options *options)
{
	size_t i;

	if (report->json)
		return;
	cpu_describe(stdout);
	printf("%-13s median of %u rounds in turn, %u packets a round and CPU\n", "method",
	       options->rounds, options->packets);
	printf("%-13s others' load costs cache, and hides what two CPUs do to each other\n", "");
	printf("%-13s flows and totals, default configuration: nobody wants evicted flows\n",
	       "kidos");
	printf("%-13s preallocated, %s\n", "peers",
	       options->subject.coarse_clock ? "bpf_ktime_get_coarse_ns" : "bpf_ktime_get_ns");
	printf("%-13s UDP of 60 bytes (IPv6: 62), of random flows if not named; load: / 2^21 "
	       "entries\n",
	       "frames");
	printf("%-13s ns of CPU per packet beyond the empty program; empty: with the driver\n\n",
	       "unit");
	printf("%-12s %8s %6s %4s %9s %8s", "scenario", "flows", "load", "CPUs", "empty_xdp",
	       "empty_tc");
	for (i = 0; i < COLUMNS; i++)
		printf(" %11s", subject_kinds[net_columns[i]].name);
	printf(" %10s %10s\n", "xdp/PERCPU", "xdp/HASH");
}

static void print_ratio(const struct cost *costs, enum subject_id peer)
{
	if (costs[peer].valid && costs[SUBJECT_KIDOS_XDP].valid)
		printf(" %10.2f", costs[SUBJECT_KIDOS_XDP].net / costs[peer].net);
	else
		printf(" %10s", "-");
}

/* Where there are more flows than entries, speed is not all. */
static void print_lost(const struct cost *costs)
{
	size_t i;

	printf("%50s", "share of packets that found no entry");
	for (i = 0; i < COLUMNS; i++) {
		if (costs[net_columns[i]].valid)
			printf(" %10.1f%%", 100 * costs[net_columns[i]].lost);
		else
			printf(" %11s", "-");
	}
	printf("\n");
}

void report_add_cost(struct report *report, const struct scenario *scenario,
		     const struct cost costs[SUBJECTS])
{
	struct report_cost *row = &report->costs[report->cost_count++];
	size_t i;

	row->scenario = scenario;
	for (i = 0; i < SUBJECTS; i++)
		row->costs[i] = costs[i];
	if (report->json)
		return;
	printf("%-12s %8u %5.1f%% %4u %9.1f %8.1f", scenario->name, scenario->flows,
	       100.0 * scenario->flows / PEER_FLOWS, scenario->cpus, costs[SUBJECT_EMPTY_XDP].gross,
	       costs[SUBJECT_EMPTY_TC].gross);
	for (i = 0; i < COLUMNS; i++) {
		if (costs[net_columns[i]].valid)
			printf(" %11.1f", costs[net_columns[i]].net);
		else
			printf(" %11s", "-");
	}
	print_ratio(costs, SUBJECT_PERCPU_HASH);
	print_ratio(costs, SUBJECT_HASH);
	printf("\n");
	if (scenario->flows > PEER_FLOWS)
		print_lost(costs);
	fflush(stdout);
}

void report_add_read(struct report *report, const struct read_way *way,
		     const struct read_result *result)
{
	if (!report->json && !report->read_count)
		printf("\n%-32s %9s %9s %9s %9s %9s\n", "read", "flows", "packets", "wall ms",
		       "CPU ms", "MiB");
	report->reads[report->read_count++] = (struct report_read){ way, *result };
	if (report->json)
		return;
	printf("%-32s %9lu %9llu %9.1f %9.1f", way->name, result->flows, result->packets,
	       result->wall_ms, result->cpu_ms);
	printf(result->resident_kib ? " %9.1f\n" : "\n", result->resident_kib / 1024.0);
	fflush(stdout);
}

static void print_bars(const struct report *report)
{
	const struct bar *bar;
	double value;

	printf("\n%-52s %8s %8s\n", "bar", "at most", "measured");
	for (bar = bars; bar->name; bar++) {
		if (bar_value(bar, report, &value))
			printf("%-52s %8.3g %8.3g %s\n", bar->name, bar->limit, value,
			       value <= bar->limit ? "pass" : "MISS");
		else
			printf("%-52s %8.3g %8s not measured\n", bar->name, bar->limit, "-");
	}
}

void report_end(const struct report *report)
{
	if (report->json)
		report_json(report);
	else
		print_bars(report);
}
