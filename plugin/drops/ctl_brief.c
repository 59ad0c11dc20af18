/* SPDX-License-Identifier: MIT */
#include "drops/ctl_brief.h"
#include "core/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define TOP_REASONS 5

static void take_state(const struct kidos_drop_state *state, struct ctl_drop_brief *brief)
{
	kidos_text_escape(state->rung, brief->rung, sizeof(brief->rung));
	kidos_text_escape(state->blind, brief->blind, sizeof(brief->blind));
	brief->running = state->running;
	brief->missed = state->missed;
}

static int run(struct ctl_drop_scan *scan, struct ctl_drop_brief *brief)
{
	int error = ctl_drop_run(scan);

	brief->total = scan->total;
	brief->other = scan->other;
	brief->policy = scan->policy;
	brief->reasons = scan->groups;
	scan->groups = (struct kidos_tally){};
	return error;
}

int ctl_drop_brief(const struct ctl_state *state, const struct ctl_settings *settings,
		   struct ctl_drop_brief *brief)
{
	const struct ctl_settings by_reason = { .state = settings->state,
						.drops = { .by = CTL_DROPS_REASON,
							   .filter = KIDOS_DROP_FILTER_ALL } };
	struct ctl_drop_scan scan = { .settings = &by_reason };
	int error = kidos_drop_reader_open(&scan.maps, settings->state);

	*brief = (struct ctl_drop_brief){ .counted = !error };
	take_state(&scan.maps.state, brief);
	if (!error) {
		scan.names = ctl_drop_names_new(state);
		error = scan.names ? run(&scan, brief) : -ENOMEM;
	}
	ctl_drop_close(&scan);
	return error == -ENOENT ? 0 : error;
}

void ctl_drop_brief_free(struct ctl_drop_brief *brief)
{
	kidos_tally_free(&brief->reasons);
}

void ctl_drop_brief_reasons(const struct ctl_drop_brief *brief)
{
	for (size_t i = 0; i < brief->reasons.count && i < TOP_REASONS; i++)
		printf("%s%s %" PRIu64, i ? ", " : "", brief->reasons.rows[i].text,
		       brief->reasons.rows[i].count);
	if (brief->reasons.count > TOP_REASONS)
		printf(", ...");
}
