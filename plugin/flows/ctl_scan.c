/* SPDX-License-Identifier: MIT */
#include "flows/ctl_scan.h"
#include "core/flow_key.h"
#include "core/privacy.h"
#include "state/baseline.h"

#include <errno.h>

struct walk {
	const struct ctl_state *state;
	struct ctl_scan *scan;
	uint32_t now; /* kidos time units */
	bool failed;
};

static void fill_times(const struct walk *walk, uint32_t first, uint32_t last,
		       struct kidos_flow_view *view)
{
	view->first_ns = kidos_clock_realtime(&walk->scan->clock, first);
	view->last_ns = kidos_clock_realtime(&walk->scan->clock, last);
	view->idle = kidos_age(walk->now, last) >= walk->state->maps.meta.idle;
}

static bool take(struct walk *walk, size_t hint, struct kidos_flow_row *row)
{
	struct ctl_scan *scan = walk->scan;
	struct kidos_flow_row *sum = &scan->sum;

	row->flows = 1;
	if (scan->history)
		kidos_flow_history_apply(scan->history, hint, row);
	if (row->view.last_ns < scan->since_ns)
		return true;
	sum->flows++;
	sum->view.packets += row->view.packets;
	sum->view.bytes += row->view.bytes;
	sum->new_packets += row->new_packets;
	sum->new_bytes += row->new_bytes;
	scan->active += !row->view.idle;
	walk->failed = scan->groups ? !kidos_flow_groups_add(scan->groups, row)
				    : !kidos_flow_top_offer(&scan->top, row);
	return !walk->failed;
}

/* What is asked for is asked of what is shown. */
static bool is_meant(const struct walk *walk, struct kidos_flow_key *key)
{
	*key = kidos_privacy_flow(&walk->state->maps.meta.privacy, key);
	return !walk->scan->filter || kidos_flow_matches(walk->scan->filter, key);
}

static bool take_entry(struct walk *walk, uint32_t set, unsigned int way)
{
	const struct kidos_maps *maps = &walk->state->maps;
	const struct kidos_flow_detail *detail = &maps->details[set].ways[way];
	struct kidos_flow_reading reading;
	struct kidos_flow_row row = {};

	if (!kidos_flow_read(&maps->flows[set].ways[way], &reading) ||
	    !is_meant(walk, &reading.key))
		return true;
	row.view.key = reading.key;
	row.view.packets = reading.packets + ((uint64_t)detail->packets_carry << 32);
	row.view.bytes = reading.bytes;
	row.view.tcp_flags = reading.marks & KIDOS_MARKS_TCP_FLAGS;
	row.view.inner_vlan = detail->inner_vlan;
	row.view.tunnel_id = detail->tunnel_id;
	fill_times(walk, detail->first, reading.last, &row.view);
	return take(walk, (size_t)set * KIDOS_WAYS + way, &row);
}

static bool take_baseline(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			  void *context)
{
	struct walk *walk = context;
	struct kidos_flow_row row = { .view.key = *key };

	if (!is_meant(walk, &row.view.key))
		return true;
	row.view.packets = flow->packets;
	row.view.bytes = flow->bytes;
	row.view.tcp_flags = flow->marks & KIDOS_MARKS_TCP_FLAGS;
	row.view.inner_vlan = flow->detail.inner_vlan;
	row.view.tunnel_id = flow->detail.tunnel_id;
	fill_times(walk, flow->detail.first, flow->last, &row.view);
	return take(walk, walk->scan->history ? kidos_key_hash(key, walk->scan->history->seed) : 0,
		    &row);
}

static int walk_table(struct walk *walk)
{
	const struct kidos_maps *maps = &walk->state->maps;

	if (maps->meta.baseline) {
		kidos_baseline_each(maps, take_baseline, walk);
		return 0;
	}
	for (uint32_t set = 0; set < maps->sets; set++)
		for (unsigned int way = 0; way < KIDOS_WAYS; way++)
			if (!take_entry(walk, set, way))
				return -ENOMEM;
	return 0;
}

static size_t entries(const struct kidos_maps *maps)
{
	/* Twice as many places as flows, so that probing a hash map's stays short. */
	return maps->meta.baseline ? 2 * maps->meta.max_flows : maps->sets * KIDOS_WAYS;
}

static bool offer_groups(struct ctl_scan *scan)
{
	for (size_t i = 0; scan->groups && i < scan->groups->count; i++)
		if (!kidos_flow_top_offer(&scan->top, &scan->groups->rows[i]))
			return false;
	return true;
}

uint64_t ctl_scan_rows(const struct ctl_scan *scan)
{
	return scan->groups ? scan->groups->count : scan->sum.flows;
}

int ctl_scan_run(struct ctl_state *state, struct ctl_scan *scan)
{
	struct walk walk = { .state = state, .scan = scan };
	int error = state->maps.flows ? 0 : kidos_maps_mmap(&state->maps);

	if (error)
		return error;
	kidos_clock_now(&scan->clock, &state->maps.meta);
	walk.now = kidos_clock_units(&scan->clock);
	if (scan->history && !kidos_flow_history_begin(scan->history, entries(&state->maps),
						       scan->clock.realtime_ns))
		return -ENOMEM;
	error = walk_table(&walk);
	if (!error && (walk.failed || !offer_groups(scan)))
		error = -ENOMEM;
	if (!error)
		kidos_flow_top_finish(&scan->top);
	return error;
}
