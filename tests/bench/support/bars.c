/* SPDX-License-Identifier: MIT */
#include "bars.h"

#include <string.h>

#include "peers.h"

/* Plain IPv4, every flow known, one CPU; whatever the flows look like. */
static bool is_steady(const struct scenario *scenario, unsigned int flows)
{
	return scenario->load == LOAD_STEADY && !scenario->ours_only && scenario->cpus == 1 &&
	       scenario->flows == flows;
}

/* kidos_xdp against another, the worst of all shapes. gross: with the driver. */
static bool worst_ratio(const struct bar *bar, const struct report *report, enum subject_id peer,
			bool gross, double *value)
{
	bool found = false;

	*value = 0;
	for (unsigned int i = 0; i < report->cost_count; i++) {
		const struct cost *ours = &report->costs[i].costs[SUBJECT_KIDOS_XDP];
		const struct cost *theirs = &report->costs[i].costs[peer];
		double ratio;

		if (!is_steady(report->costs[i].scenario, bar->flows) || !ours->valid ||
		    !theirs->valid)
			continue;
		ratio = gross ? ours->gross / theirs->gross : ours->net / theirs->net;
		*value = ratio > *value ? ratio : *value;
		found = true;
	}
	return found;
}

static bool packet_ratio(const struct bar *bar, const struct report *report, double *value)
{
	return worst_ratio(bar, report, SUBJECT_PERCPU_HASH, false, value);
}

static bool limit_ratio(const struct bar *bar, const struct report *report, double *value)
{
	return worst_ratio(bar, report, SUBJECT_LIMIT, true, value);
}

static bool unaccounted(const struct bar *bar, const struct report *report, double *value)
{
	(void)bar;
	*value = 0;
	for (unsigned int i = 0; i < report->cost_count; i++)
		for (unsigned int id = 0; id < SUBJECTS; id++) {
			long long packets = report->costs[i].costs[id].unaccounted;

			*value += (double)(packets < 0 ? -packets : packets);
		}
	return report->cost_count;
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
	{ "packet, 200 % of the table: kidos_xdp / PERCPU_HASH", 1.2, packet_ratio,
	  2 * PEER_FLOWS },
	{ "packet, 100k flows: kidos_xdp / limit, raw", 2.0, limit_ratio, 100000 },
	{ "packet, 1M flows: kidos_xdp / limit, raw", 2.2, limit_ratio, 1000000 },
	{ "packets unaccounted, all scenarios", 0, unaccounted, 0 },
	{ "read of 1M flows: kidos / PERCPU_HASH batch look-up", 0.125, read_ratio, 0 },
	{ "read of 1M flows: ms of CPU", 60, read_cpu, 0 },
	{ "read of 1M flows: MiB resident beyond the map", 64, read_resident, 0 },
	{ 0 },
};

bool bar_value(const struct bar *bar, const struct report *report, double *value)
{
	return bar->value(bar, report, value);
}
