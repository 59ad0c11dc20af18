/* SPDX-License-Identifier: MIT */
/* port.h: which interfaces are wanted, and which slot each one has. */
#ifndef KIDOS_PORT_H
#define KIDOS_PORT_H

#include "config.h"
#include "link.h"
#include "state.h"

/* The rule that takes this interface of this namespace, or NULL. The first one wins. */
const struct kidos_interface_rule *kidos_rule_for(const struct kidos_config *config,
						  const char *netns, const struct kidos_link *link);

/* "eth0", "monns:eth0", or what Report says; a collector's name gets "host:" before it. */
void kidos_port_name(const struct kidos_slot *slot, char *name, size_t size);

/*
 * The slot of (netns, name): the one it had, else the first unused one. Slots
 * are an array of count, slot 0 being everybody else's; returns 0 when none
 * is left.
 */
unsigned int kidos_slot_find(struct kidos_slot *slots, unsigned int count, const char *netns,
			     const char *name);

#endif
