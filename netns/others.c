/* SPDX-License-Identifier: MIT */
#include "others.h"
#include "netlink/cleanup.h"
#include "plan.h"
#include "recorded.h"

#include <errno.h>
#include <string.h>

struct kn_other {
	struct kn_state *state;
	struct kn_topology *topo;
	char (*keys)[KN_STEP_TEXT]; /* of its plan, sorted */
	size_t n_keys;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int read_keys(struct kn_other *other, struct kn_err *err)
{
	struct kn_plan plan;
	int code = kn_plan_build(&plan, other->topo, err);

	if (code)
		return code;
	other->keys = calloc(plan.n + 1, sizeof(*other->keys));
	for (size_t i = 0; other->keys && i < plan.n; i++)
		plan.steps[i].ops->text(&plan.steps[i], other->keys[i], KN_STEP_TEXT);
	other->n_keys = plan.n;
	kn_plan_free(&plan);
	if (!other->keys)
		return kn_fail(err, -ENOMEM, "out of memory");
	qsort(other->keys, other->n_keys, sizeof(*other->keys), by_text);
	return 0;
}

static int read_other(struct kn_other *other, const char *name, struct kn_err *err)
{
	const char *json;
	int code = kn_state_open(&other->state, name, false, err);

	json = code ? NULL : kn_state_topology(other->state);
	if (json)
		code = kn_recorded_parse(name, json, &other->topo, err);
	if (json && !code)
		code = read_keys(other, err);
	return code ? kn_fail_at(err, code, "the record of topology %s", name) : 0;
}

int kn_others_open(struct kn_others *others, const char *mine, struct kn_err *err)
{
	_cleanup_dir_ DIR *run = kn_state_list();
	struct dirent *entry;
	int code = 0;

	*others = (struct kn_others){};
	while (!code && run && (entry = readdir(run))) {
		struct kn_other *more;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    strcmp(entry->d_name, mine) == 0)
			continue;
		more = realloc(others->list, (others->n + 1) * sizeof(*more));
		if (!more)
			return kn_fail(err, -ENOMEM, "out of memory");
		others->list = more;
		more[others->n] = (struct kn_other){};
		code = read_other(&more[others->n++], entry->d_name, err);
	}
	return code;
}

void kn_others_close(struct kn_others *others)
{
	for (size_t i = 0; i < others->n; i++) {
		free(others->list[i].keys);
		kn_topology_free(others->list[i].topo);
		kn_state_close(others->list[i].state);
	}
	free(others->list);
	*others = (struct kn_others){};
}

static bool has(const struct kn_other *other, const char *key)
{
	return bsearch(key, other->keys, other->n_keys, sizeof(*other->keys), by_text);
}

const char *kn_others_have(const struct kn_others *others, const struct kn_step *step,
			   const char *key)
{
	/* Only this topology has the files that undo them. */
	if (step->ops == &kn_step_uplink || step->ops == &kn_step_dhcp)
		return NULL;
	for (size_t i = 0; i < others->n; i++)
		if (others->list[i].topo && has(&others->list[i], key))
			return others->list[i].topo->name;
	return NULL;
}

int kn_others_take(const struct kn_others *others, const char *key, const char *was,
		   struct kn_err *err)
{
	for (size_t i = 0; i < others->n; i++)
		if (others->list[i].topo && has(&others->list[i], key))
			return kn_state_begin(others->list[i].state, key, was, err);
	return 0;
}
