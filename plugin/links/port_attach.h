/* SPDX-License-Identifier: MIT */
/*
 * port_attach.h: programs onto one interface and off it, in its namespace. The
 * kernel takes 10 ms and more for that, so it is done without the lock, which
 * is taken to read what is to be done and to publish what came of it.
 */
#ifndef KIDOS_LINKS_PORT_ATTACH_H
#define KIDOS_LINKS_PORT_ATTACH_H

#include "context.h"

#define KIDOS_PORT_RETRY_NS 60000000000ull /* what failed is tried again */

/*
 * Does what is planned for the port (todo). Attaching begins the conservation
 * check anew, and the slot has the outcome; what failed is planned again later.
 * Without the lock, by the one thread that changes ports.
 */
void kidos_port_work(struct kidos_context *context, struct kidos_namespace *ns,
		     struct kidos_port_state *port);
/*
 * Plans another try: once a minute, and soon after an event of the interface, as
 * what was in the way may have gone.
 */
void kidos_port_plan_retry(struct kidos_namespace *ns, struct kidos_port_state *port);
/*
 * At tcx a program that came later may stand before ours: ours is to go first
 * again, once a minute, else what is counted is not exact and the slot says so.
 */
void kidos_port_plan_order(struct kidos_port_state *port, uint64_t now_ns);
/* With the lock or without. */
void kidos_port_detach(struct kidos_attachment attachments[KIDOS_DIRECTIONS]);
/* At a stop, or as the namespace has gone (there: false): links detach by themselves soon after. */
void kidos_port_leave(struct kidos_port_state *port, bool there);
/* Attached already, it changes from `other` to a slot of its own, if there is one. Under the lock.
 */
void kidos_port_leave_other(struct kidos_context *context, struct kidos_namespace *ns,
			    struct kidos_port_state *port, const struct kidos_link *link);

#endif
