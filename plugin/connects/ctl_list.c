/* SPDX-License-Identifier: MIT */
/* ctl_list.c: `connections list`: recent events one by one, or as they come. */
#include "connects/ctl_scan.h"
#include "connects/json.h"
#include "core/now.h"
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLLOW_SECONDS 0.25

static const struct ctl_grid_column columns[] = {
	{ "TIME", false },   { "KIND", false },   { "PROCESS", false },     { "UNIT", false },
	{ "PROTO", false },  { "SOURCE", false }, { "DESTINATION", false }, { "RESULT", false },
	{ "SECONDS", true }, { "RX", true },      { "TX", true },
};

static void add_number(struct ctl_grid *grid, bool known, uint64_t number)
{
	char text[24] = "-";

	if (known)
		snprintf(text, sizeof(text), "%" PRIu64, number);
	ctl_grid_add(grid, text);
}

static void add_process(struct ctl_grid *grid, const struct kidos_connect_record *record)
{
	char command[KIDOS_CONNECT_COMMAND], text[KIDOS_CONNECT_COMMAND + 16];

	kidos_connect_shown_command(&record->owner, command);
	snprintf(text, sizeof(text), "%s[%u]", command, ctl_connects_pid(record));
	ctl_grid_add(grid, text);
}

/* How many datagrams stand behind one event of them, too. */
static void add_seconds(struct ctl_grid *grid, const struct kidos_connect_record *record)
{
	char text[32];

	if (record->kind == KIDOS_CONNECT_SEND)
		snprintf(text, sizeof(text), "x%" PRIu64, (uint64_t)record->count);
	else if (record->kind == KIDOS_CONNECT_ACCEPT)
		strcpy(text, "-");
	else
		snprintf(text, sizeof(text), "%.6f", (double)record->latency / 1e9);
	ctl_grid_add(grid, text);
}

static void add_event(struct ctl_grid *grid, struct ctl_connects_scan *scan,
		      const struct kidos_connect_view *view)
{
	const struct kidos_connect_record *record = &view->record;
	bool closed = record->kind == KIDOS_CONNECT_CLOSE;
	char text[CTL_UNIT];

	kidos_text_local(view->time_ns, text);
	ctl_grid_add(grid, text);
	ctl_grid_add(grid, kidos_connect_kind_names[record->kind]);
	add_process(grid, record);
	ctl_connects_unit(&scan->cgroups, record->owner.cgroup, text);
	ctl_grid_add(grid, text);
	ctl_grid_add(grid, kidos_connect_proto(record, text));
	kidos_connect_source(record, text);
	ctl_grid_add(grid, text);
	kidos_connect_destination(record, text);
	ctl_grid_add(grid, text);
	ctl_grid_add(grid, kidos_connect_outcome(record, text));
	add_seconds(grid, record);
	add_number(grid, closed, record->rx);
	add_number(grid, closed, record->tx);
}

static void print_grid(struct ctl_connects_scan *scan, bool titles)
{
	static const struct ctl_grid_column untitled[sizeof(columns) / sizeof(columns[0])];
	struct ctl_grid grid = { .columns = titles ? columns : untitled,
				 .width = sizeof(columns) / sizeof(columns[0]) };

	for (size_t i = 0; i < scan->count; i++)
		add_event(&grid, scan, &scan->events[i]);
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static void print_head(const struct ctl_connects_scan *scan)
{
	char complete[KIDOS_TEXT_TIME];

	kidos_text_local(scan->window.complete_since, complete);
	printf("%zu events of %zu processes, recorded since %s", scan->selected, scan->pids,
	       complete);
	if (scan->count < scan->selected)
		printf("; %zu are shown, at most %" PRIu64 " of each process (--limit)",
		       scan->count, scan->settings->output.limit);
	printf("\n");
	ctl_window_print(&scan->window);
}

static int print_list(struct ctl_connects_scan *scan)
{
	int error = ctl_connects_read(scan, NULL, NULL);

	if (error)
		return ctl_connects_complain(error);
	ctl_connects_limit(scan, scan->settings->output.limit);
	ctl_connects_sort(scan, true);
	if (scan->settings->output.json) {
		json_connects_print(scan);
	} else {
		print_head(scan);
		print_grid(scan, true);
	}
	return CTL_OK;
}

static int poll_list(struct ctl_state *state, void *context)
{
	struct ctl_connects_scan scan;
	int status = ctl_connects_open(&scan, state, context);

	if (!status)
		status = print_list(&scan);
	ctl_connects_close(&scan);
	return status;
}

/* From poll to poll. */
struct following {
	const struct ctl_connects_settings *settings;
	uint64_t started; /* of the daemon whose events these are */
	uint64_t *last; /* sequence of each CPU */
	bool titled;
};

/* Another daemon's rings begin anew. */
static bool follow_daemon(struct following *following, const struct kidos_connect_reader *reader)
{
	if (following->last && following->started == reader->state.started)
		return true;
	free(following->last);
	following->last = calloc(reader->rings.cpus + 1, sizeof(*following->last));
	following->started = reader->state.started;
	return following->last;
}

static void print_new(struct ctl_connects_scan *scan, struct following *following,
		      uint64_t overwritten, bool first)
{
	ctl_connects_sort(scan, false);
	if (overwritten && !first)
		ctl_complain("%" PRIu64 " events came too fast to be read", overwritten);
	if (scan->settings->output.json) {
		json_connects_lines(scan);
	} else if (scan->count) {
		print_grid(scan, !following->titled);
		following->titled = true;
	}
}

static int follow(struct ctl_connects_scan *scan, struct following *following)
{
	bool first = !following->last;
	uint64_t overwritten = 0;
	int error;

	if (!follow_daemon(following, &scan->reader))
		return ctl_connects_complain(-ENOMEM);
	/* Without --since, what was before is passed over. */
	if (first && !scan->filter.since_ns)
		scan->filter.since_ns = kidos_now_ns(CLOCK_REALTIME);
	error = ctl_connects_read(scan, following->last, &overwritten);
	if (error)
		return ctl_connects_complain(error);
	print_new(scan, following, overwritten, first);
	return CTL_OK;
}

static int poll_follow(struct ctl_state *state, void *context)
{
	struct following *following = context;
	struct ctl_connects_scan scan;
	int status = ctl_connects_open(&scan, state, following->settings);

	if (!status)
		status = follow(&scan, following);
	ctl_connects_close(&scan);
	return status;
}

static int run_follow(const struct ctl_call *call)
{
	const struct ctl_output output = { .watch = FOLLOW_SECONDS };
	struct following following = { .settings = call->settings };
	int status = ctl_watch(call, &output, poll_follow, &following);

	free(following.last);
	return status;
}

static int run(const struct ctl_call *call)
{
	const struct ctl_connects_settings *settings = call->settings;

	if (settings->follow)
		return run_follow(call);
	return ctl_watch(call, &settings->output, poll_list, (void *)(uintptr_t)settings);
}

const struct ctl_command ctl_connections_list = {
	.name = "connections list",
	.help = "recent attempts, accepts and ends of connections, newest first",
	.options = ctl_connections_list_options,
	.size = sizeof(struct ctl_connects_settings),
	.defaults = &ctl_connects_defaults,
	.check = ctl_connections_check_window,
	.terse = true,
	.run = run,
};
