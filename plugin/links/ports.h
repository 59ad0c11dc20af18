/* SPDX-License-Identifier: MIT */
/*
 * ports.h: the links of a namespace and the programs on them. First it is planned what is to be
 * done, then one step after another does it, which other work may come between.
 */
#ifndef KIDOS_LINKS_PORTS_H
#define KIDOS_LINKS_PORTS_H

#include "context.h"

/* Detaches from what went and plans to attach to what is wanted; inside the namespace, under the
 * lock. */
void kidos_ports_plan(struct kidos_context *context, struct kidos_namespace *ns,
		      struct kidos_links *links);
/* Is there a step to be done? As the next two, for the thread that changes ports, without the lock.
 */
bool kidos_ports_planned(const struct kidos_context *context, const struct kidos_namespace *ns);
/* Attaches to one link, or detaches from one; inside the namespace. */
void kidos_ports_step(struct kidos_context *context, struct kidos_namespace *ns);

/* Is attaching to be planned again? now_ns: CLOCK_MONOTONIC. kidos_ports_plan does. */
bool kidos_ports_due(const struct kidos_namespace *ns, uint64_t now_ns);
/* Plans what follows from programs that came before ours, or went from there; inside the namespace.
 */
void kidos_ports_plan_order(struct kidos_namespace *ns, uint64_t now_ns);
/*
 * All of them: their slots wait, and the kernel detaches links by itself. there:
 * inside the namespace, else it is no more. Under the lock.
 */
void kidos_ports_remove(struct kidos_context *context, struct kidos_namespace *ns, bool there);
/* Is a port counted as other? Such ports get a slot, as far as there are any; under the lock. */
bool kidos_ports_want_slots(const struct kidos_namespace *ns);
void kidos_ports_name(struct kidos_context *context, struct kidos_namespace *ns);

#endif
