/* SPDX-License-Identifier: MIT */
/* rule.h: which interfaces are wanted, and which slot each one has. */
#ifndef KIDOS_LINKS_RULE_H
#define KIDOS_LINKS_RULE_H

#include "core/config.h"
#include "links/link.h"
#include "state/state.h"

/* The rule that takes this interface of this namespace, or NULL. The first one wins. */
const struct kidos_interface_rule *kidos_rule_for(const struct kidos_config *config,
						  const char *netns, const struct kidos_link *link);

/* Room for the name of an interface in values. */
#define KIDOS_PORT_NAME (KIDOS_NETNS_NAME + IF_NAMESIZE + 64)

/*
 * "eth0", "monns:eth0", or what Report says; one of the reserved names (NULL at
 * the end) gets "host:" before it.
 */
void kidos_port_name(const char *const *reserved, const struct kidos_slot *slot, char *name,
		     size_t size);

/* Would values of the two have one identifier? */
bool kidos_names_clash(const char *const *reserved, const struct kidos_slot *slot,
		       const struct kidos_slot *other);

/* No two interfaces that the configuration names: 0, or -1 with a line in the log. */
int kidos_rules_check(const struct kidos_config *config, const char *const *reserved);

/*
 * The slot of (netns, name): the one it had, else the first unused one. Slots
 * are an array of count, slot 0 being everybody else's; returns 0 when none
 * is left.
 */
unsigned int kidos_slot_find(struct kidos_slot *slots, unsigned int count, const char *netns,
			     const char *name);

/*
 * A slot that no rule names may be given to another interface once its own
 * has gone for good. It is silent for some polls before: its name may come
 * back with counts from 0, and collectd must have forgotten the old ones.
 */
#define KIDOS_SLOT_MUTE 2 /* polls: silent from this one on; the first still sends */
#define KIDOS_SLOT_FREE 5 /* polls: free; collectd forgets after 2 intervals without a value */

/* Does a rule name this interface? Such a slot is kept. */
bool kidos_slot_is_named(const struct kidos_config *config, const struct kidos_slot *slot);

/* Before each poll. now_ns: CLOCK_MONOTONIC; idle_ns: how long an interface is waited for. */
void kidos_slot_age(const struct kidos_config *config, struct kidos_slot *slot, uint64_t now_ns,
		    uint64_t idle_ns);

#endif
