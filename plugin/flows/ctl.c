/* SPDX-License-Identifier: MIT */
#include "flows/ctl.h"
#include "core/flow_key.h"
#include "core/text.h"
#include "ctl/resolve.h"
#include "ctl/watch.h"
#include "flows/ctl_table.h"
#include "flows/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* From poll to poll. */
struct watch {
	struct ctl_flow_settings settings;
	struct kidos_flow_history history;
};

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

static void print(const struct ctl_flow_settings *settings, const struct ctl_state *state,
		  const struct ctl_scan *scan)
{
	struct ctl_flow_table table = {
		.state = state,
		.grouping = &settings->grouping,
		.resolve = settings->resolve,
		.rates = settings->output.watch > 0,
		.seconds = scan->history ? kidos_flow_history_seconds(scan->history) : 0,
	};

	if (settings->output.json) {
		json_flows_print(state, &settings->grouping, scan);
		return;
	}
	ctl_resolve_begin();
	ctl_watch_clear(&settings->output);
	print_head(state, scan, settings->grouping.by != KIDOS_GROUP_NONE);
	ctl_flow_table_print(&table, &scan->top);
}

static int scan_and_print(struct watch *watch, struct ctl_state *state)
{
	const struct ctl_flow_settings *settings = &watch->settings;
	struct kidos_flow_groups groups = { .grouping = settings->grouping,
					    .seed = kidos_key_seed() };
	struct ctl_scan scan = {
		.filter = &settings->filter,
		.since_ns = settings->since_ns,
		.history = settings->output.watch > 0 ? &watch->history : NULL,
		.groups = settings->grouping.by != KIDOS_GROUP_NONE ? &groups : NULL,
		.top = { .sort = settings->sort, .limit = ctl_watch_rows(&settings->output) },
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

static int poll(struct ctl_state *state, void *context)
{
	struct watch *watch = context;
	int status = ctl_select(state, watch->settings.interface);

	if (status)
		return status;
	watch->settings.filter.slots = state->interface ? state->selected : NULL;
	return scan_and_print(watch, state);
}

static bool check(const void *data)
{
	const struct ctl_flow_settings *settings = data;

	if (settings->resolve && settings->output.json)
		ctl_complain("--resolve is for text: JSON has the addresses");
	return !settings->resolve || !settings->output.json;
}

static int run(const struct ctl_call *call)
{
	struct watch watch = { .settings = *(const struct ctl_flow_settings *)call->settings,
			       .history.seed = kidos_key_seed() };
	int status = ctl_watch(call, &watch.settings.output, poll, &watch);

	kidos_flow_history_free(&watch.history);
	return status;
}

const struct ctl_command ctl_flows = {
	.name = "flows",
	.help = "flows by bytes, filtered, sorted or grouped",
	.options = ctl_flow_options,
	.size = sizeof(struct ctl_flow_settings),
	.defaults = &ctl_flow_defaults,
	.check = check,
	.run = run,
};
