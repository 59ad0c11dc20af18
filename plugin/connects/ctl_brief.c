/* SPDX-License-Identifier: MIT */
/* ctl_brief.c: connections in a line or two, for `status` and `summary`. */
#include "connects/ctl_scan.h"
#include "connects/ctl_top.h"
#include "core/text.h"
#include "ctl/json_build.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP 5

struct brief {
	bool counted; /* else nothing of the rest is known */
	struct kidos_connect_state state;
	struct ctl_top_row total;
	uint64_t results[KIDOS_CONNECT_RESULTS];
	uint64_t events[KIDOS_CONNECT_EVENTS];
	struct ctl_top_row *top; /* commands by bytes, at most TOP */
	size_t top_count;
};

static int most_bytes_first(const void *a, const void *b)
{
	const struct ctl_top_row *left = a, *right = b;
	uint64_t one = left->counts.rx + left->counts.tx;
	uint64_t other = right->counts.rx + right->counts.tx;

	return one != other ? (one < other) - (one > other) : strcmp(left->name, right->name);
}

static void take_scan(struct ctl_top_scan *scan, struct brief *brief)
{
	brief->counted = true;
	brief->state = scan->reader.state;
	brief->total = scan->total;
	memcpy(brief->results, scan->results, sizeof(brief->results));
	memcpy(brief->events, scan->events, sizeof(brief->events));
	if (scan->count)
		qsort(scan->rows, scan->count, sizeof(*scan->rows), most_bytes_first);
	brief->top_count = scan->count < TOP ? scan->count : TOP;
	brief->top = scan->rows;
	scan->rows = NULL;
}

static int gather(struct ctl_state *state, void **data)
{
	struct brief *brief = calloc(1, sizeof(*brief));
	struct ctl_top_scan scan;
	int error;

	*data = brief;
	if (!brief)
		return -ENOMEM;
	error = ctl_top_read(&scan, state, &ctl_sockets_defaults);
	if (!error)
		take_scan(&scan, brief);
	ctl_top_close(&scan);
	return error == -ENOENT ? 0 : error;
}

static void print_ledger(const struct brief *brief)
{
	printf("%" PRIu64 " attempts, %" PRIu64 " ok, %" PRIu64 " failed, %" PRIu64
	       " abandoned, %" PRIu64 " pending, %" PRIu64 " lost",
	       ctl_top_attempts(&brief->total), brief->results[KIDOS_CONNECT_RESULT_OK],
	       brief->total.failed, brief->results[KIDOS_CONNECT_RESULT_ABANDONED],
	       ctl_top_pending(&brief->total), brief->results[KIDOS_CONNECT_RESULT_LOST]);
}

static void print_rate(const struct ctl_brief_view *view)
{
	const struct brief *brief = view->data, *before = view->before;
	char text[16];

	if (!view->interval.watched)
		return;
	kidos_text_scaled(before ? ctl_rate(&view->interval, ctl_top_attempts(&before->total),
					    ctl_top_attempts(&brief->total))
				 : 0,
			  false, text);
	printf(", %s/s", text);
}

/* What the host pays, what was not seen. */
static void print_price(const struct brief *brief)
{
	char blind[4 * sizeof(brief->state.blind)];

	kidos_text_escape(brief->state.blind, blind, sizeof(blind));
	if (*blind)
		printf("            cannot see %s\n", blind);
	if (brief->state.syscall_ns)
		printf("            costs every system call of the host %" PRIu64 " ns\n",
		       (uint64_t)brief->state.syscall_ns);
	if (brief->events[KIDOS_CONNECT_EVENT_NO_RECORD])
		printf("            %" PRIu64 " events have no record\n",
		       brief->events[KIDOS_CONNECT_EVENT_NO_RECORD]);
}

static void print_in_status(const struct ctl_brief_view *view)
{
	const struct brief *brief = view->data;
	char rung[4 * sizeof(brief->state.rung)], outcomes[4 * sizeof(brief->state.outcomes)];

	if (!brief->counted) {
		printf("connects    not counted\n");
		return;
	}
	kidos_text_escape(brief->state.rung, rung, sizeof(rung));
	kidos_text_escape(brief->state.outcomes, outcomes, sizeof(outcomes));
	printf("connects    %s, outcomes %s%s: ", rung, outcomes,
	       brief->state.running ? "" : " (stopped)");
	print_ledger(brief);
	printf(", %" PRIu64 " missed", (uint64_t)brief->state.missed);
	print_rate(view);
	printf("\n");
	print_price(brief);
}

static void print_top(const struct brief *brief)
{
	char rx[16], tx[16];

	for (size_t i = 0; i < brief->top_count; i++) {
		kidos_text_scaled((double)brief->top[i].counts.rx, false, rx);
		kidos_text_scaled((double)brief->top[i].counts.tx, false, tx);
		printf("%s%s %s in %s out", i ? ", " : "\n  ", brief->top[i].name, rx, tx);
	}
}

static void print_in_summary(const struct ctl_brief_view *view)
{
	const struct brief *brief = view->data;

	if (!brief->counted) {
		printf("Connections are not counted\n\n");
		return;
	}
	printf("Connections: %" PRIu64 " open, %" PRIu64 " accepted, ", brief->total.live,
	       (uint64_t)brief->total.counts.accepts);
	print_ledger(brief);
	print_rate(view);
	print_top(brief);
	printf("\n\n");
}

static void add_rung(struct json_object *object, const struct kidos_connect_state *state)
{
	char text[4 * sizeof(state->blind)];

	json_add_bool(object, "running", state->running);
	kidos_text_escape(state->rung, text, sizeof(text));
	json_add_text(object, "rung", text);
	kidos_text_escape(state->outcomes, text, sizeof(text));
	json_add_text(object, "outcomes", text);
	kidos_text_escape(state->blind, text, sizeof(text));
	json_add_text(object, "cannot_see", text);
	json_add_number(object, "syscall_ns", state->syscall_ns);
	json_add_bool(object, "datagrams", state->datagrams);
	json_add_number(object, "missed", state->missed);
}

static void add_ledger(struct json_object *object, const struct brief *brief)
{
	struct json_object *results;
	char name[KIDOS_CONNECT_RESULT_NAME];

	json_add_number(object, "attempts", ctl_top_attempts(&brief->total));
	json_add_number(object, "pending", ctl_top_pending(&brief->total));
	results = json_add_object(object, "results");
	for (unsigned int i = 0; i < KIDOS_CONNECT_RESULTS; i++)
		if (brief->results[i])
			json_add_number(results, kidos_connect_result_name(i, name),
					brief->results[i]);
	json_add_number(object, "accepts", brief->total.counts.accepts);
	json_add_number(object, "open", brief->total.live);
	json_add_number(object, "rx", brief->total.counts.rx);
	json_add_number(object, "tx", brief->total.counts.tx);
	json_add_number(object, "unrecorded", brief->events[KIDOS_CONNECT_EVENT_NO_RECORD]);
}

static void json(const struct ctl_brief_view *view, struct json_object *object)
{
	const struct brief *brief = view->data, *before = view->before;
	struct json_object *connects = json_add_object(object, "connects");

	json_add_bool(connects, "counted", brief->counted);
	add_rung(connects, &brief->state);
	add_ledger(connects, brief);
	json_add_rate(connects, "attempts_per_second", &view->interval,
		      ctl_top_attempts(before ? &before->total : &brief->total),
		      ctl_top_attempts(&brief->total));
}

static void free_brief(void *data)
{
	struct brief *brief = data;

	if (brief)
		free(brief->top);
	free(brief);
}

const struct ctl_brief ctl_connects_in_status = {
	.gather = gather,
	.print = print_in_status,
	.json = json,
	.free = free_brief,
};

const struct ctl_brief ctl_connects_in_summary = {
	.gather = gather,
	.print = print_in_summary,
	.json = json,
	.free = free_brief,
};
