/* SPDX-License-Identifier: MIT */
/* slots.h: which interface has which slot; under the lock. */
#ifndef KIDOS_LINKS_SLOTS_H
#define KIDOS_LINKS_SLOTS_H

#include "context.h"

/* "this namespace" for collectd's own. */
const char *kidos_netns_label(const char *netns);
/*
 * The interface that is followed there, or NULL. inode: of the namespace. Its slot may be
 * KIDOS_SLOT_OTHER.
 */
const struct kidos_port_state *kidos_port_find(const struct kidos_context *context,
					       unsigned long inode, unsigned int ifindex);
/* Into the map. */
void kidos_slot_store(const struct kidos_context *context, unsigned int index);
/* Gives the port its slot: the one it had, a free one, one of an interface that went, or other. */
void kidos_slot_take(struct kidos_context *context, const struct kidos_namespace *ns,
		     struct kidos_port_state *port, const struct kidos_link *link);
/*
 * Enters it where the programs look for its slot. Where there is no room it is counted as other,
 * and its slot says so. 0 or -errno.
 */
int kidos_slot_enter(struct kidos_context *context, const struct kidos_namespace *ns,
		     struct kidos_port_state *port, const struct kidos_link *link);
/* Before a poll, and after it: ports that are counted as other may get a slot. */
void kidos_slots_age(struct kidos_context *context);
void kidos_slots_offer(struct kidos_context *context);
/* Slots for the interfaces that rules name and that are not there yet. */
void kidos_rules_wait(struct kidos_context *context);

#endif
