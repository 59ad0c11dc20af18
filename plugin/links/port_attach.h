/* SPDX-License-Identifier: MIT */
/* port_attach.h: programs onto one interface and off it; in its namespace, under the lock. */
#ifndef KIDOS_LINKS_PORT_ATTACH_H
#define KIDOS_LINKS_PORT_ATTACH_H

#include "context.h"

/*
 * Attaches what is missing, and begins the conservation check anew. The slot
 * has the outcome; what failed is tried again by kidos_port_retry.
 */
void kidos_port_attach(struct kidos_context *context, struct kidos_namespace *ns,
		       struct kidos_port_state *port, const struct kidos_link *link);
/* Once a minute, and soon after an event of the interface: what was in the way may have gone. */
void kidos_port_retry(struct kidos_context *context, struct kidos_namespace *ns,
		      struct kidos_port_state *port, const struct kidos_link *link);
/*
 * At tcx a program that came later may stand before ours: ours goes first again,
 * once a minute, else what is counted is not exact and the slot says so.
 */
void kidos_port_order(struct kidos_context *context, struct kidos_namespace *ns,
		      struct kidos_port_state *port, const struct kidos_link *link);
bool kidos_port_wants_order(const struct kidos_port_state *port, uint64_t now_ns);
void kidos_port_detach(struct kidos_namespace *ns, struct kidos_port_state *port);
/* Attached already, it changes from `other` to a slot of its own, if there is one. */
void kidos_port_leave_other(struct kidos_context *context, struct kidos_namespace *ns,
			    struct kidos_port_state *port, const struct kidos_link *link);

#endif
