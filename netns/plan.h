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
int kn_plan_show(const struct kn_plan *plan, struct kn_nets *nets, kn_plan_line *line, void *data,
		 struct kn_err *err);

/* Makes what is missing, calls wait, and marks the topology as complete. On failure or a signal,
 * undoes in reverse order: everything of ours if the topology was never complete, else what this
 * run made.
 */
int kn_plan_up(const struct kn_plan *plan, struct kn_nets *nets, void (*wait)(struct kn_nets *nets),
	       struct kn_err *err);

/* Undoes everything of ours. What another topology that is up has too is left to it. Continues
 * after a failure and returns the first.
 */
int kn_plan_down(const struct kn_plan *plan, struct kn_nets *nets, struct kn_err *err);

/* Calls line for the steps that down would undo or leave. */
int kn_plan_show_down(const struct kn_plan *plan, struct kn_nets *nets, kn_plan_line *line,
		      void *data, struct kn_err *err);

#endif
