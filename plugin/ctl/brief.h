/* SPDX-License-Identifier: MIT */
/* brief.h: what a collector adds to `status` and `summary`: a row in the table of each. */
#ifndef KIDOS_CTL_BRIEF_H
#define KIDOS_CTL_BRIEF_H

#include "ctl/state.h"

struct json_object;

struct ctl_brief {
	/* Reads what is to be printed; 0 or -errno. That a daemon lacks the collector is no error.
	 */
	int (*gather)(struct ctl_state *state, void **data);
	void (*print)(const void *data);
	void (*json)(const void *data, struct json_object *object); /* adds members */
	void (*free)(void *data); /* whatever gather left there, NULL too */
};

#define CTL_BRIEFS_MAX 16

/* A table, ended by NULL, and what each of its rows gathered. */
struct ctl_briefs {
	const struct ctl_brief *const *table;
	void *data[CTL_BRIEFS_MAX];
};

/* 0 or -errno; to be freed in any case. */
int ctl_briefs_gather(struct ctl_briefs *briefs, struct ctl_state *state);
void ctl_briefs_print(const struct ctl_briefs *briefs);
void ctl_briefs_json(const struct ctl_briefs *briefs, struct json_object *object);
void ctl_briefs_free(struct ctl_briefs *briefs);

#endif
