/* SPDX-License-Identifier: MIT */
#include "connects/ctl_top.h"
#include "connects/ctl_scan.h"
#include "connects/json.h"
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t ctl_top_attempts(const struct ctl_top_row *row)
{
	return ctl_top_sum(row->counts.attempts);
}

uint64_t ctl_top_pending(const struct ctl_top_row *row)
{
	uint64_t ended = ctl_top_sum(row->counts.succeeded) + ctl_top_sum(row->counts.abandoned) +
			 ctl_top_sum(row->counts.lost) + row->failed;
	uint64_t attempts = ctl_top_attempts(row);

	return attempts > ended ? attempts - ended : 0;
}

const struct ctl_top_row *ctl_top_before(const struct ctl_top_history *history,
					 const struct ctl_top_row *row)
{
	for (size_t i = 0; i < history->count; i++)
		if (!strcmp(history->rows[i].name, row->name))
			return &history->rows[i];
	return NULL;
}

static uint64_t rank_of(const struct ctl_top_row *row, unsigned int sort)
{
	switch (sort) {
	case CTL_TOP_CONNECTS:
		return ctl_top_attempts(row);
	case CTL_TOP_FAILURES:
		return row->failed;
	case CTL_TOP_LIVE:
		return row->live;
	case CTL_TOP_ACCEPTS:
		return row->counts.accepts;
	default:
		return row->counts.rx + row->counts.tx;
	}
}

static int compare(const void *a, const void *b, void *sort)
{
	const struct ctl_top_row *left = a, *right = b;
	uint64_t one = rank_of(left, *(unsigned int *)sort);
	uint64_t other = rank_of(right, *(unsigned int *)sort);

	return one != other ? (one < other) - (one > other) : strcmp(left->name, right->name);
}

static void add_count(struct ctl_grid *grid, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	ctl_grid_add(grid, text);
}

static void add_bytes(struct ctl_grid *grid, uint64_t bytes)
{
	char text[16];

	kidos_text_scaled((double)bytes, false, text);
	ctl_grid_add(grid, text);
}

static void add_rate(struct ctl_grid *grid, const struct ctl_interval *interval, bool known,
		     uint64_t before, uint64_t now)
{
	char text[16];

	kidos_text_scaled(known ? ctl_rate(interval, before, now) : 0, false, text);
	ctl_grid_add(grid, text);
}

static void add_row(struct ctl_grid *grid, const struct ctl_top_scan *scan,
		    const struct ctl_top_history *history, const struct ctl_top_row *row)
{
	const struct ctl_interval *interval = &scan->state->interval;
	const struct ctl_top_row *before = ctl_top_before(history, row);
	const struct ctl_top_row zeros = {}, *then = before ? before : &zeros;

	ctl_grid_add(grid, row->name);
	add_bytes(grid, row->counts.rx);
	add_bytes(grid, row->counts.tx);
	add_count(grid, row->live);
	add_count(grid, ctl_top_attempts(row));
	add_count(grid, row->failed);
	add_count(grid, ctl_top_pending(row));
	add_count(grid, row->counts.accepts);
	add_count(grid, row->counts.retransmits);
	if (!interval->watched)
		return;
	add_rate(grid, interval, before, then->counts.rx, row->counts.rx);
	add_rate(grid, interval, before, then->counts.tx, row->counts.tx);
	add_rate(grid, interval, before, ctl_top_attempts(then), ctl_top_attempts(row));
}

static void print(const struct ctl_top_scan *scan, const struct ctl_top_history *history)
{
	const char *name = scan->settings->by == CTL_TOP_UNIT ? "UNIT" : "COMMAND";
	const struct ctl_grid_column columns[] = {
		{ name, false },     { "RX", true },       { "TX", true },
		{ "LIVE", true },    { "CONNECTS", true }, { "FAILED", true },
		{ "PENDING", true }, { "ACCEPTS", true },  { "AGAIN", true },
		{ "RX/S", true },    { "TX/S", true },     { "CONNECTS/S", true },
	};
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) -
					  (scan->state->interval.watched ? 0 : 3) };
	size_t limit = ctl_watch_rows(&scan->settings->output);

	ctl_watch_head(&scan->settings->output, scan->state);
	for (size_t i = 0; i < scan->count && (!limit || i < limit); i++)
		add_row(&grid, scan, history, &scan->rows[i]);
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

/* From poll to poll. */
struct watch {
	const struct ctl_sockets_settings *settings;
	struct ctl_top_history history;
};

static void show(struct ctl_top_scan *scan, struct watch *watch)
{
	unsigned int sort = watch->settings->sort;

	if (scan->count)
		qsort_r(scan->rows, scan->count, sizeof(*scan->rows), compare, &sort);
	if (watch->settings->output.json)
		json_top_print(scan, &watch->history);
	else
		print(scan, &watch->history);
	free(watch->history.rows);
	watch->history = (struct ctl_top_history){ scan->rows, scan->count };
	scan->rows = NULL;
}

static int poll(struct ctl_state *state, void *context)
{
	struct watch *watch = context;
	struct ctl_top_scan scan;
	int error = ctl_top_read(&scan, state, watch->settings);

	if (!error)
		show(&scan, watch);
	ctl_top_close(&scan);
	return error ? ctl_connects_complain(error) : CTL_OK;
}

static int run(const struct ctl_call *call)
{
	struct watch watch = { .settings = call->settings };
	int status = ctl_watch(call, &watch.settings->output, poll, &watch);

	free(watch.history.rows);
	return status;
}

const struct ctl_command ctl_top = {
	.name = "top",
	.help = "commands or units by bytes, connections, failures",
	.options = ctl_top_options,
	.size = sizeof(struct ctl_sockets_settings),
	.defaults = &ctl_sockets_defaults,
	.terse = true,
	.run = run,
};
