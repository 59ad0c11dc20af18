/* SPDX-License-Identifier: MIT */
#ifndef KN_PLAN_H
#define KN_PLAN_H

#include "step.h"

/* The steps of a topology, in the order in which they are made; undone backwards. */
struct kn_plan {
	struct kn_step *steps;
	size_t n;
};

int kn_plan_build(struct kn_plan *plan, const struct kn_topology *topo, struct kn_err *err);
void kn_plan_free(struct kn_plan *plan);

/* What is to become of a step: make, keep or mend; undo or leave. */
typedef void kn_plan_line(void *data, const char *does, const char *step);

/* Calls line for each step of up, and changes nothing. -errno if a step clashes with what is
 * there.
 */
int kn_plan_show(const struct kn_plan *plan, struct kn_world *world, kn_plan_line *line, void *data,
		 struct kn_err *err);

/* Makes what is missing, then calls wait, and the world is complete. On failure, or when a signal
 * asks for the end, undoes in reverse order: everything of ours if the world was never complete,
 * else what this run did.
 */
int kn_plan_up(const struct kn_plan *plan, struct kn_world *world,
	       void (*wait)(struct kn_world *world), struct kn_err *err);

/* Undoes everything of ours, but leaves to another topology that is up what that one has too. Goes
 * on past a failure and returns the first.
 */
int kn_plan_down(const struct kn_plan *plan, struct kn_world *world, struct kn_err *err);

/* Calls line for the steps that down would undo or leave. */
int kn_plan_show_down(const struct kn_plan *plan, struct kn_world *world, kn_plan_line *line,
		      void *data, struct kn_err *err);

#endif
