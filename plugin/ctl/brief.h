/* SPDX-License-Identifier: MIT */
/* brief.h: what a collector adds to `status` and `summary`: a row in the table of each. */
#ifndef KIDOS_CTL_BRIEF_H
#define KIDOS_CTL_BRIEF_H

#include "ctl/state.h"

struct json_object;

/* What a row gathered at this poll, and at the one before for rates. */
struct ctl_brief_view {
	const void *data;
	const void *before; /* NULL ahead of the second poll; its ctl_state is closed */
	struct ctl_interval interval;
};

struct ctl_brief {
	/* Reads what is to be printed; 0 or -errno. That a daemon lacks the collector is no error.
	 */
	int (*gather)(struct ctl_state *state, void **data);
	void (*print)(const struct ctl_brief_view *view);
	void (*json)(const struct ctl_brief_view *view, struct json_object *object); /* adds */
	void (*free)(void *data); /* whatever gather left there, NULL too */
	bool (*failed)(const void *data); /* does it stand still for a fault? NULL: never */
};

#define CTL_BRIEFS_MAX 16

/* A table, ended by NULL, and what its rows gathered. */
struct ctl_briefs {
	const struct ctl_brief *const *table;
	struct ctl_interval interval;
	void *data[CTL_BRIEFS_MAX], *before[CTL_BRIEFS_MAX];
};

/* At each poll; 0 or -errno. To be freed after the last in any case. */
int ctl_briefs_gather(struct ctl_briefs *briefs, struct ctl_state *state);
void ctl_briefs_print(const struct ctl_briefs *briefs);
void ctl_briefs_json(const struct ctl_briefs *briefs, struct json_object *object);
bool ctl_briefs_failed(const struct ctl_briefs *briefs);
void ctl_briefs_free(struct ctl_briefs *briefs);

#endif
