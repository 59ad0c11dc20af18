/* SPDX-License-Identifier: MIT */
#ifndef KN_PLAN_H
#define KN_PLAN_H

#include "step.h"

#include <stdio.h>

/* The steps of a topology, in the order in which they are made; undone backwards. */
struct kn_plan {
	struct kn_step *steps;
	size_t n;
};

int kn_plan_build(struct kn_plan *plan, const struct kn_topology *topo, struct kn_err *err);
void kn_plan_free(struct kn_plan *plan);

/* Prints what up would do, one line a step, and changes nothing. -errno if a step clashes with
 * what is there.
 */
int kn_plan_show(const struct kn_plan *plan, struct kn_world *world, FILE *out, struct kn_err *err);

/* Makes what is missing. On failure undoes, in reverse order: everything of ours if the world was
 * never complete, else what this run did.
 */
int kn_plan_up(const struct kn_plan *plan, struct kn_world *world, struct kn_err *err);

/* Undoes everything of ours. Goes on past a failure and returns the first. */
int kn_plan_down(const struct kn_plan *plan, struct kn_world *world, struct kn_err *err);

/* The steps that down would undo. */
void kn_plan_show_down(const struct kn_plan *plan, struct kn_world *world, FILE *out);

/* Set from a signal handler: up stops after the step at hand and undoes. */
extern volatile int kn_plan_stop;

#endif
