/* SPDX-License-Identifier: MIT */
/* ctl_brief.c: drops in a line or two, for `status` and `summary`. */
#include "core/text.h"
#include "ctl/json_build.h"
#include "drops/ctl.h"
#include "drops/ctl_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#define TOP_REASONS 5

struct brief {
	bool counted; /* else nothing of the rest is known */
	bool running;
	char rung[4 * 32], blind[4 * 320]; /* safe to print */
	uint64_t total, missed, other, policy;
	struct kidos_tally reasons; /* in order */
};

static void take_state(const struct kidos_drop_state *state, struct brief *brief)
{
	kidos_text_escape(state->rung, brief->rung, sizeof(brief->rung));
	kidos_text_escape(state->blind, brief->blind, sizeof(brief->blind));
	brief->running = state->running;
	brief->missed = state->missed;
}

/* Of one interface the counts that passed, of all what there is. */
static int run(struct ctl_drop_scan *scan, struct brief *brief)
{
	int error = ctl_drop_run(scan);
	bool all = !scan->settings->interface;

	brief->total = all ? scan->total : scan->selected;
	brief->other = all ? scan->other : 0;
	brief->policy = all ? scan->policy : scan->selected_policy;
	brief->reasons = scan->groups;
	scan->groups = (struct kidos_tally){};
	return error;
}

/* Drops know an interface by its name, not by the one it is reported under. */
static const char *name_of_selected(const struct ctl_state *state, char label[CTL_LABEL])
{
	unsigned int count = 0, last = 0;

	for (unsigned int i = 0; i < state->maps.meta.slots; i++)
		if (state->selected[i]) {
			last = i;
			count++;
		}
	if (!state->interface || count != 1)
		return state->interface;
	ctl_label(state, last, label);
	return label;
}

static int read_brief(struct ctl_state *state, struct brief *brief)
{
	char label[CTL_LABEL];
	const struct ctl_drop_settings by_reason = {
		.by = CTL_DROPS_REASON,
		.interface = name_of_selected(state, label),
		.filter = KIDOS_DROP_FILTER_ALL,
	};
	struct ctl_drop_scan scan = { .settings = &by_reason };
	int error = kidos_drop_reader_open(&scan.maps, state->path);

	brief->counted = !error;
	take_state(&scan.maps.state, brief);
	if (!error) {
		scan.names = ctl_drop_names_new(state);
		error = scan.names ? run(&scan, brief) : -ENOMEM;
	}
	ctl_drop_close(&scan);
	return error == -ENOENT ? 0 : error;
}

static int gather(struct ctl_state *state, void **data)
{
	*data = calloc(1, sizeof(struct brief));
	return *data ? read_brief(state, *data) : -ENOMEM;
}

/* ", 12.3k/s" while watched. */
static void print_rate(const struct ctl_brief_view *view)
{
	const struct brief *brief = view->data, *before = view->before;
	char text[16];

	if (!view->interval.watched)
		return;
	kidos_text_scaled(before ? ctl_rate(&view->interval, before->total, brief->total) : 0,
			  false, text);
	printf(", %s/s", text);
}

static void print_in_status(const struct ctl_brief_view *view)
{
	const struct brief *brief = view->data;

	if (!brief->counted) {
		printf("drops       not counted\n");
		return;
	}
	printf("drops       %s%s: %" PRIu64 " counted, %" PRIu64 " missed", brief->rung,
	       brief->running ? "" : " (stopped)", brief->total, brief->missed);
	print_rate(view);
	if (brief->reasons.count)
		printf("; most: %s %" PRIu64, brief->reasons.rows[0].text,
		       brief->reasons.rows[0].count);
	printf("\n");
	if (*brief->blind)
		printf("            cannot see %s\n", brief->blind);
}

/* "NETFILTER_DROP 4102, NO_SOCKET 12, ..." */
static void print_reasons(const struct kidos_tally *reasons)
{
	for (size_t i = 0; i < reasons->count && i < TOP_REASONS; i++)
		printf("%s%s %" PRIu64, i ? ", " : "", reasons->rows[i].text,
		       reasons->rows[i].count);
	if (reasons->count > TOP_REASONS)
		printf(", ...");
}

static void print_in_summary(const struct ctl_brief_view *view)
{
	const struct brief *brief = view->data;

	if (!brief->counted) {
		printf("Drops are not counted\n\n");
		return;
	}
	printf("Drops: %" PRIu64 ", missed %" PRIu64, brief->total, brief->missed);
	print_rate(view);
	printf("%s", brief->reasons.count ? "\n  " : "");
	print_reasons(&brief->reasons);
	printf("\n\n");
}

static void json(const struct ctl_brief_view *view, struct json_object *object)
{
	struct json_object *drops = json_add_object(object, "drops"), *reasons;
	const struct brief *brief = view->data, *before = view->before;

	json_add_bool(drops, "counted", brief->counted);
	json_add_bool(drops, "running", brief->running);
	json_add_text(drops, "rung", brief->rung);
	json_add_text(drops, "cannot_see", brief->blind);
	json_add_number(drops, "total", brief->total);
	json_add_rate(drops, "packets_per_second", &view->interval,
		      before ? before->total : brief->total, brief->total);
	json_add_number(drops, "missed", brief->missed);
	json_add_number(drops, "other", brief->other);
	json_add_number(drops, "policy", brief->policy);
	reasons = json_add_object(drops, "reasons");
	for (size_t i = 0; i < brief->reasons.count; i++)
		json_add_number(reasons, brief->reasons.rows[i].text, brief->reasons.rows[i].count);
}

static void free_brief(void *data)
{
	struct brief *brief = data;

	if (brief)
		kidos_tally_free(&brief->reasons);
	free(brief);
}

const struct ctl_brief ctl_drops_in_status = {
	.gather = gather,
	.print = print_in_status,
	.json = json,
	.free = free_brief,
};

const struct ctl_brief ctl_drops_in_summary = {
	.gather = gather,
	.print = print_in_summary,
	.json = json,
	.free = free_brief,
};
