/* SPDX-License-Identifier: MIT */
#include "drops/ctl.h"
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/watch.h"
#include "drops/ctl_scan.h"
#include "drops/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_head(const struct ctl_drop_scan *scan, const struct ctl_drop_history *history)
{
	char now[KIDOS_TEXT_TIME], text[16];

	kidos_text_local(scan->now_ns, now);
	printf("%s  %" PRIu64 " drops, %" PRIu64 " missed", now, scan->total,
	       (uint64_t)scan->maps.state.missed);
	if (history->interval.watched) {
		kidos_text_scaled(ctl_rate(&history->interval, history->total, scan->total), false,
				  text);
		printf(", %s/s", text);
	}
	if (scan->policy)
		printf(", %" PRIu64 " by kidos's policy", scan->policy);
	if (scan->recent && ctl_drop_unrecorded(scan))
		printf(", %" PRIu64 " without a record", ctl_drop_unrecorded(scan));
	if (scan->recent)
		printf("; %" PRIu64 " of %" PRIu64 " recent ones selected\n", scan->selected,
		       scan->kept);
	else
		printf("; %" PRIu64 " selected\n", scan->selected);
}

static void add_number(struct ctl_grid *grid, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	ctl_grid_add(grid, text);
}

static void add_group(const struct ctl_drop_scan *scan, struct ctl_grid *grid, size_t index,
		      const struct ctl_drop_history *history)
{
	const struct kidos_tally_row *row = &scan->groups.rows[index];
	char text[16];

	ctl_grid_add(grid, row->text);
	add_number(grid, row->count);
	snprintf(text, sizeof(text), "%.1f %%",
		 100.0 * (double)row->count / (double)scan->selected);
	ctl_grid_add(grid, text);
	if (!history->interval.watched)
		return;
	kidos_text_scaled(ctl_rate(&history->interval, kidos_tally_get(&history->groups, row->text),
				   row->count),
			  false, text);
	ctl_grid_add(grid, text);
}

static void print_groups(const struct ctl_drop_scan *scan, const struct ctl_drop_history *history)
{
	char title[16] = "";
	const struct ctl_grid_column columns[] = {
		{ title, false },
		{ "DROPS", true },
		{ "SHARE", true },
		{ "DROPS/S", true },
	};
	struct ctl_grid grid = { .columns = columns, .width = history->interval.watched ? 4 : 3 };
	size_t limit = ctl_watch_rows(&scan->settings->output);
	const char *name = ctl_drop_by_names[scan->settings->by];

	for (size_t i = 0; name[i]; i++)
		title[i] = (char)toupper((unsigned char)name[i]);
	for (size_t i = 0; i < scan->groups.count && (!limit || i < limit); i++)
		add_group(scan, &grid, i, history);
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static void add_event(const struct ctl_drop_scan *scan, struct ctl_grid *grid,
		      const struct kidos_drop_view *view)
{
	const struct kidos_drop_record *record = &view->record;
	char text[CTL_WORD];

	kidos_text_local(view->time_ns, text);
	ctl_grid_add(grid, text);
	ctl_drop_reason(scan->names, record->reason, record->policy, text);
	ctl_grid_add(grid, text);
	ctl_drop_place(scan->names, record->place, true, text);
	ctl_grid_add(grid, text);
	ctl_drop_interface(scan->names, record->netns, record->ifindex, text);
	ctl_grid_add(grid, text);
	kidos_drop_protocol(record, text);
	ctl_grid_add(grid, text);
	kidos_drop_source(record, text);
	ctl_grid_add(grid, text);
	kidos_drop_destination(record, text);
	ctl_grid_add(grid, text);
	add_number(grid, record->length);
	kidos_drop_owner(record, text);
	ctl_grid_add(grid, text);
}

static void print_events(const struct ctl_drop_scan *scan)
{
	static const struct ctl_grid_column columns[] = {
		{ "TIME", false },        { "REASON", false }, { "PLACE", false },
		{ "INTERFACE", false },   { "PROTO", false },  { "SOURCE", false },
		{ "DESTINATION", false }, { "LENGTH", true },  { "OWNER", false },
	};
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) };
	size_t limit = ctl_watch_rows(&scan->settings->output);

	for (size_t i = 0; i < scan->event_count && (!limit || i < limit); i++)
		add_event(scan, &grid, &scan->events[i]);
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static void print(const struct ctl_drop_scan *scan, const struct ctl_drop_history *history)
{
	if (scan->settings->output.json) {
		json_drops_print(scan, history);
		return;
	}
	ctl_watch_clear(&scan->settings->output);
	print_head(scan, history);
	if (scan->settings->by == CTL_DROPS_ONE_BY_ONE)
		print_events(scan);
	else
		print_groups(scan, history);
}

/* Copied: a sorted tally cannot be searched. */
static void remember(const struct ctl_drop_scan *scan, struct ctl_drop_history *history)
{
	kidos_tally_free(&history->groups);
	for (size_t i = 0; i < scan->groups.count; i++)
		kidos_tally_add(&history->groups, scan->groups.rows[i].text,
				scan->groups.rows[i].count);
	history->total = scan->total;
}

/* From poll to poll. */
struct watch {
	const struct ctl_drop_settings *settings;
	struct ctl_drop_history history;
};

static int scan_and_print(struct ctl_drop_scan *scan, struct watch *watch)
{
	int error = ctl_drop_run(scan);

	if (error) {
		ctl_complain("maps of drops: %s", strerror(-error));
		return CTL_FAILURE;
	}
	print(scan, &watch->history);
	remember(scan, &watch->history);
	return CTL_OK;
}

static int poll(struct ctl_state *state, void *context)
{
	struct watch *watch = context;
	struct ctl_drop_scan scan;
	int status = ctl_drop_open(&scan, state, watch->settings);

	watch->history.interval = state->interval;
	if (!status)
		status = scan_and_print(&scan, watch);
	ctl_drop_close(&scan);
	return status;
}

static int run(const struct ctl_call *call)
{
	struct watch watch = { .settings = call->settings };
	int status = ctl_watch(call, &watch.settings->output, poll, &watch);

	kidos_tally_free(&watch.history.groups);
	return status;
}

const struct ctl_command ctl_drops = {
	.name = "drops",
	.help = "recent dropped packets, or counts by reason, place, host, process",
	.options = ctl_drop_options,
	.size = sizeof(struct ctl_drop_settings),
	.defaults = &ctl_drop_defaults,
	.run = run,
};
