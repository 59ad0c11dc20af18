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

static int run(struct ctl_drop_scan *scan, struct brief *brief)
{
	int error = ctl_drop_run(scan);

	brief->total = scan->total;
	brief->other = scan->other;
	brief->policy = scan->policy;
	brief->reasons = scan->groups;
	scan->groups = (struct kidos_tally){};
	return error;
}

static int read_brief(struct ctl_state *state, struct brief *brief)
{
	const struct ctl_drop_settings by_reason = { .by = CTL_DROPS_REASON,
						     .filter = KIDOS_DROP_FILTER_ALL };
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

static void print_in_status(const void *data)
{
	const struct brief *brief = data;

	if (!brief->counted) {
		printf("drops       not counted\n");
		return;
	}
	printf("drops       %s%s: %" PRIu64 " counted, %" PRIu64 " missed", brief->rung,
	       brief->running ? "" : " (stopped)", brief->total, brief->missed);
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

static void print_in_summary(const void *data)
{
	const struct brief *brief = data;

	if (!brief->counted) {
		printf("Drops are not counted\n\n");
		return;
	}
	printf("Drops: %" PRIu64 ", missed %" PRIu64 "%s", brief->total, brief->missed,
	       brief->reasons.count ? "\n  " : "");
	print_reasons(&brief->reasons);
	printf("\n\n");
}

static void json(const void *data, struct json_object *object)
{
	struct json_object *drops = json_add_object(object, "drops"), *reasons;
	const struct brief *brief = data;

	json_add_bool(drops, "counted", brief->counted);
	json_add_bool(drops, "running", brief->running);
	json_add_text(drops, "rung", brief->rung);
	json_add_text(drops, "cannot_see", brief->blind);
	json_add_number(drops, "total", brief->total);
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

const struct ctl_brief ctl_drops_in_status = { gather, print_in_status, json, free_brief };
const struct ctl_brief ctl_drops_in_summary = { gather, print_in_summary, json, free_brief };
