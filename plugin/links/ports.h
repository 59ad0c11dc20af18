/* SPDX-License-Identifier: MIT */
/* ports.h: the links of a namespace and the programs on them; inside it, under the lock. */
#ifndef KIDOS_LINKS_PORTS_H
#define KIDOS_LINKS_PORTS_H

#include "context.h"

/* Detaches from what went and attaches to what is wanted. */
void kidos_ports_apply(struct kidos_context *context, struct kidos_namespace *ns,
		       struct kidos_links *links);
/* Is attaching to be tried again? now_ns: CLOCK_MONOTONIC. kidos_ports_apply does. */
bool kidos_ports_due(const struct kidos_namespace *ns, uint64_t now_ns);
/* Has a program come before ours, or gone from there? kidos_ports_apply sees to it. */
bool kidos_ports_want_order(const struct kidos_namespace *ns, uint64_t now_ns);
/* All of them: detached, their slots wait. Also where the namespace is no more. */
void kidos_ports_remove(struct kidos_context *context, struct kidos_namespace *ns);
/* Is a port counted as other? Such ports get a slot, as far as there are any. */
bool kidos_ports_want_slots(const struct kidos_namespace *ns);
void kidos_ports_name(struct kidos_context *context, struct kidos_namespace *ns);

#endif
