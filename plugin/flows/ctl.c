/* SPDX-License-Identifier: MIT */
#include "core/flow_key.h"
#include "core/text.h"
#include "ctl/resolve.h"
#include "ctl/watch.h"
#include "flows/ctl_table.h"
#include "flows/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_head(const struct ctl_state *state, const struct ctl_scan *scan, bool grouped)
{
	double idle = (double)state->maps.meta.idle * (double)state->maps.meta.unit_ns / 1e9;
	char now[KIDOS_TEXT_TIME];

	kidos_text_local(scan->clock.realtime_ns, now);
	printf("%s  %" PRIu64 " flows (%" PRIu64 " seen in the last %.0f s), %" PRIu64
	       " packets, %" PRIu64 " bytes; %zu %s shown\n",
	       now, scan->sum.flows, scan->active, idle, scan->sum.view.packets,
	       scan->sum.view.bytes, scan->top.count, grouped ? "groups" : "flows");
}

static void print(const struct ctl_settings *settings, const struct ctl_state *state,
		  const struct ctl_scan *scan)
{
	struct ctl_flow_table table = {
		.state = state,
		.grouping = &settings->grouping,
		.resolve = settings->resolve,
		.rates = settings->watch > 0,
		.seconds = scan->history ? kidos_flow_history_seconds(scan->history) : 0,
	};

	if (settings->json) {
		json_flows_print(state, &settings->grouping, &scan->top);
		return;
	}
	ctl_resolve_begin();
	ctl_watch_clear(settings);
	print_head(state, scan, settings->grouping.by != KIDOS_GROUP_NONE);
	ctl_flow_table_print(&table, &scan->top);
}

static int look(struct ctl_settings *settings, struct ctl_state *state,
		struct kidos_flow_history *history)
{
	struct kidos_flow_groups groups = { .grouping = settings->grouping,
					    .seed = kidos_key_seed() };
	struct ctl_scan scan = {
		.filter = &settings->filter,
		.history = history,
		.groups = settings->grouping.by != KIDOS_GROUP_NONE ? &groups : NULL,
		.top = { .sort = settings->sort, .limit = ctl_watch_rows(settings) },
	};
	int error = ctl_scan_run(state, &scan);

	if (error)
		ctl_complain("flow table: %s", strerror(-error));
	else
		print(settings, state, &scan);
	kidos_flow_groups_free(&groups);
	kidos_flow_top_free(&scan.top);
	return error ? CTL_FAILURE : CTL_OK;
}

static int open_and_look(struct ctl_settings *settings, void *history)
{
	struct ctl_state state;
	bool slots[KIDOS_SLOTS_MAX] = {};
	int status = ctl_state_open(&state, settings->state);

	if (status)
		return status;
	settings->filter.slots = settings->interface ? slots : NULL;
	if (settings->interface && !ctl_find_slots(&state, settings->interface, slots)) {
		char name[CTL_LABEL];

		kidos_text_escape(settings->interface, name, sizeof(name));
		ctl_complain("no interface %s here; kidosctl status lists them", name);
		status = CTL_FAILURE;
	} else {
		status = look(settings, &state, history);
	}
	settings->filter.slots = NULL;
	ctl_state_close(&state);
	return status;
}

int ctl_flows(struct ctl_settings *settings)
{
	struct kidos_flow_history history = { .seed = kidos_key_seed() };
	int status = ctl_watch(settings, open_and_look, settings->watch > 0 ? &history : NULL);

	kidos_flow_history_free(&history);
	return status;
}
