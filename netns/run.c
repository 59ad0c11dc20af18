/* SPDX-License-Identifier: MIT */
#include "hooks.h"
#include "netlink/cleanup.h"
#include "others.h"
#include "plan.h"
#include "stop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void text_of(const struct kn_step *step, char key[KN_STEP_TEXT])
{
	step->ops->text(step, key, KN_STEP_TEXT);
}

/* A namespace that this run made is empty, so nothing is probed in it. */
static bool is_fresh(struct kn_nets *nets, const struct kn_step *step)
{
	return kn_nets_ref(nets, step->ns)->fresh &&
	       (!step->link || !step->link->peer || step->ops != &kn_step_veth ||
		kn_nets_ref(nets, step->link->peer->ns)->fresh);
}

static int probe(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err)
{
	if (step->ops != &kn_step_namespace && is_fresh(nets, step))
		return KN_ABSENT;
	return step->ops->probe(nets, step, err);
}

static bool is_ours(const struct kn_nets *nets, const char *key)
{
	return nets->state && kn_state_ours(nets->state, key);
}

static int clash(const struct kn_nets *nets, const char *key, int found, struct kn_err *err)
{
	if (found < 0)
		return kn_fail_at(err, found, "%s", key);
	if (found == KN_DIFFERS && !is_ours(nets, key))
		return kn_fail_at(err, -EEXIST, "%s: is there, but not ours", key);
	return 0;
}

int kn_plan_show(const struct kn_plan *plan, struct kn_nets *nets, kn_plan_line *line, void *data,
		 struct kn_err *err)
{
	static const char *const does[] = {
		[KN_ABSENT] = "make",
		[KN_FITS] = "keep",
		[KN_DIFFERS] = "mend",
	};
	char key[KN_STEP_TEXT];
	int found, code;

	for (size_t i = 0; i < plan->n; i++) {
		text_of(&plan->steps[i], key);
		found = probe(nets, &plan->steps[i], err);
		code = clash(nets, key, found, err);
		if (code)
			return code;
		line(data, does[found], key);
	}
	return 0;
}

static int make(struct kn_nets *nets, const struct kn_step *step, const char *key, int found,
		struct kn_err *err)
{
	_cleanup_free_ char *was = NULL;
	int code;

	/* A link of our making goes with its values; a namespace may stay with another topology. */
	if (step->ops->was && !(step->link && is_fresh(nets, step)))
		was = step->ops->was(nets, step);
	code = kn_state_begin(nets->state, key, was, err);
	if (!code && found == KN_DIFFERS && step->ops->mend)
		code = step->ops->mend(nets, step, err);
	else if (!code)
		code = step->ops->make(nets, step, err);
	return code ? kn_fail_at(err, code, "%s", key) : 0;
}

/* True if this step's namespace is going to be removed, which undoes the step too. */
static bool goes_anyway(struct kn_nets *nets, const struct kn_others *others,
			const struct kn_step *step)
{
	const struct kn_step whole = { .ops = &kn_step_namespace, .ns = step->ns };
	char key[KN_STEP_TEXT];

	if (!step->ops->goes_with_namespace || !step->ns->name[0])
		return false;
	text_of(&whole, key);
	return is_ours(nets, key) && !kn_others_have(others, &whole, key);
}

static int undo(struct kn_nets *nets, const struct kn_others *others, const struct kn_step *step,
		const char *key, struct kn_err *err)
{
	if (kn_others_have(others, step, key))
		return kn_others_take(others, key, kn_state_was(nets->state, key), err);
	return step->ops->undo(nets, step, err);
}

static int undo_all(const struct kn_plan *plan, struct kn_nets *nets, const bool *only,
		    struct kn_err *err)
{
	_cleanup_others_ struct kn_others others;
	struct kn_err each;
	char key[KN_STEP_TEXT];
	int code, first = kn_others_open(&others, nets->topo->name, err);

	if (first)
		return first;
	for (size_t i = plan->n; i-- > 0;) {
		const struct kn_step *step = &plan->steps[i];

		text_of(step, key);
		if (!is_ours(nets, key) || (only && !only[i]))
			continue;
		if (!only && goes_anyway(nets, &others, step))
			continue;
		code = undo(nets, &others, step, key, &each);
		if (code && !first) {
			first = code;
			*err = each;
			kn_fail_at(err, code, "undoing %s", key);
		} else if (code) {
			fprintf(stderr, "kidos-netns: undoing %s: %s\n", key, each.text);
		}
		kn_hook_step_down();
	}
	return first;
}

/* up has failed: undo what was made. A failure of that is printed. */
static void roll_back(const struct kn_plan *plan, struct kn_nets *nets, const bool *done)
{
	bool all = !kn_state_is_complete(nets->state);
	struct kn_err err;

	if (undo_all(plan, nets, all ? NULL : done, &err) < 0) {
		fprintf(stderr, "kidos-netns: %s\n", err.text);
		return;
	}
	if (all && kn_state_forget(nets->state, &err) < 0)
		fprintf(stderr, "kidos-netns: %s\n", err.text);
}

static int one_step(struct kn_nets *nets, const struct kn_step *step, bool *done,
		    struct kn_err *err)
{
	char key[KN_STEP_TEXT];
	int found, code;

	text_of(step, key);
	found = probe(nets, step, err);
	code = clash(nets, key, found, err);
	if (code || found == KN_FITS)
		return code;
	*done = found == KN_ABSENT; /* what was mended was there before us */
	code = make(nets, step, key, found, err);
	if (!code && kn_hook_step_up())
		return kn_fail(err, -EIO, "%s: failure injected by " KN_HOOK_FAIL_AT, key);
	if (!code && kn_stop_asked())
		return kn_fail(err, -EINTR, "stopped by a signal after: %s", key);
	return code;
}

int kn_plan_up(const struct kn_plan *plan, struct kn_nets *nets, void (*wait)(struct kn_nets *nets),
	       struct kn_err *err)
{
	_cleanup_free_ bool *done = calloc(plan->n + 1, sizeof(*done));
	int code = 0;

	if (!done)
		return kn_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->n && !code; i++)
		code = one_step(nets, &plan->steps[i], &done[i], err);
	if (!code)
		wait(nets);
	if (!code && kn_stop_asked())
		code = kn_fail(err, -EINTR, "stopped by a signal while it waited");
	if (!code)
		code = kn_state_complete(nets->state, err);
	if (code)
		roll_back(plan, nets, done);
	return code;
}

int kn_plan_down(const struct kn_plan *plan, struct kn_nets *nets, struct kn_err *err)
{
	int code = undo_all(plan, nets, NULL, err);

	return code ? code : kn_state_forget(nets->state, err);
}

int kn_plan_show_down(const struct kn_plan *plan, struct kn_nets *nets, kn_plan_line *line,
		      void *data, struct kn_err *err)
{
	_cleanup_others_ struct kn_others others;
	char key[KN_STEP_TEXT];
	int code = kn_others_open(&others, nets->topo->name, err);

	for (size_t i = code ? 0 : plan->n; i-- > 0;) {
		const struct kn_step *step = &plan->steps[i];

		text_of(step, key);
		if (is_ours(nets, key) && !goes_anyway(nets, &others, step))
			line(data, kn_others_have(&others, step, key) ? "leave" : "undo", key);
	}
	return code;
}
