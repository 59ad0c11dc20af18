/* SPDX-License-Identifier: MIT */
/* ctl_brief.h: drops in a line or two, for `status` and `summary`. */
#ifndef KIDOS_DROPS_CTL_BRIEF_H
#define KIDOS_DROPS_CTL_BRIEF_H

#include "drops/ctl_scan.h"

struct json_object;

struct ctl_drop_brief {
	bool counted; /* else nothing of the rest is known */
	bool running;
	char rung[4 * 32], blind[4 * 320]; /* safe to print */
	uint64_t total, missed, other, policy;
	struct kidos_tally reasons; /* in order */
};

/* Gathers; 0 or -errno. A daemon without drops is no error. To be freed in any case. */
int ctl_drop_brief(const struct ctl_state *state, const struct ctl_settings *settings,
		   struct ctl_drop_brief *brief);
void ctl_drop_brief_free(struct ctl_drop_brief *brief);

/* "NETFILTER_DROP 4102, NO_SOCKET 12, ..." on standard output. */
void ctl_drop_brief_reasons(const struct ctl_drop_brief *brief);

/* As member `drops`. */
void json_drop_brief(struct json_object *object, const struct ctl_drop_brief *brief);

#endif
