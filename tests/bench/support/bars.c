/* SPDX-License-Identifier: MIT */
#include "bars.h"

#include <string.h>

/* kidos_xdp against PERCPU_HASH: plain IPv4, every flow known, one CPU. */
static bool packet_ratio(const struct bar *bar, const struct report *report, double *value)
{
	unsigned int i;

	for (i = 0; i < report->cost_count; i++) {
		const struct report_cost *row = &report->costs[i];
		const struct scenario *scenario = row->scenario;

		if (scenario->load != LOAD_STEADY || scenario->ours_only || scenario->cpus != 1 ||
		    scenario->flows != bar->flows)
			continue;
		*value = row->costs[SUBJECT_KIDOS_XDP].net / row->costs[SUBJECT_PERCPU_HASH].net;
		return row->costs[SUBJECT_KIDOS_XDP].valid && row->costs[SUBJECT_PERCPU_HASH].valid;
	}
	return false;
}

static const struct read_result *find_read(const struct report *report, const char *name)
{
	unsigned int i;

	for (i = 0; i < report->read_count; i++) {
		if (!strcmp(report->reads[i].way->name, name))
			return &report->reads[i].result;
	}
	return NULL;
}

static bool read_ratio(const struct bar *bar, const struct report *report, double *value)
{
	const struct read_result *scan = find_read(report, READ_KIDOS);
	const struct read_result *batch = find_read(report, READ_BATCH);

	(void)bar;
	if (!scan || !batch)
		return false;
	*value = scan->cpu_ms / batch->cpu_ms;
	return true;
}

static bool read_cpu(const struct bar *bar, const struct report *report, double *value)
{
	const struct read_result *scan = find_read(report, READ_KIDOS);

	(void)bar;
	if (scan)
		*value = scan->cpu_ms;
	return scan;
}

static bool read_resident(const struct bar *bar, const struct report *report, double *value)
{
	const struct read_result *scan = find_read(report, READ_KIDOS);

	(void)bar;
	if (scan)
		*value = scan->resident_kib / 1024.0;
	return scan;
}

const struct bar bars[] = {
	{ "packet, 1 flow: kidos_xdp / PERCPU_HASH", 0.8, packet_ratio, 1 },
	{ "packet, 1k flows: kidos_xdp / PERCPU_HASH", 0.8, packet_ratio, 1000 },
	{ "packet, 100k flows: kidos_xdp / PERCPU_HASH", 0.4, packet_ratio, 100000 },
	{ "packet, 1M flows: kidos_xdp / PERCPU_HASH", 0.35, packet_ratio, 1000000 },
	{ "read of 1M flows: kidos / PERCPU_HASH batch look-up", 0.125, read_ratio, 0 },
	{ "read of 1M flows: ms of CPU", 60, read_cpu, 0 },
	{ "read of 1M flows: MiB resident beyond the map", 64, read_resident, 0 },
	{ 0 },
};

bool bar_value(const struct bar *bar, const struct report *report, double *value)
{
	return bar->value(bar, report, value);
}
