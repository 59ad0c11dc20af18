/* SPDX-License-Identifier: MIT */
/*
 * slots.c: the slots of interfaces. One belongs to a namespace and a
 * name, also while the interface is away; when there are no more, those of
 * interfaces that went for good are emptied and given to others.
 */
#include "links/slots.h"
#include "core/log.h"
#include "core/now.h"
#include "links/mnl_links.h"
#include "links/ports.h"
#include "links/rule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Beyond IdleTimeout, so that by then every entry of the flow table is idle. */
#define MARGIN_NS 1000000000u

const char *kidos_netns_label(const char *netns)
{
	return *netns ? netns : "this namespace";
}

static const struct kidos_port_state *port_in(const struct kidos_namespace *ns,
					      unsigned int ifindex)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (ns->ports[i].ifindex == ifindex)
			return &ns->ports[i];
	return NULL;
}

const struct kidos_port_state *kidos_port_find(const struct kidos_context *context,
					       unsigned long inode, unsigned int ifindex)
{
	for (size_t i = 0; ifindex && i < context->namespace_count; i++)
		if (context->namespaces[i].inode == inode)
			return port_in(&context->namespaces[i], ifindex);
	return NULL;
}

void kidos_slot_store(const struct kidos_context *context, unsigned int index)
{
	int error = index ? kidos_maps_set_slot(&context->maps, index, &context->slots[index]) : 0;

	if (error)
		kidos_log(LOG_WARNING, "state of interface %s: %s", context->slots[index].name,
			  strerror(-error));
}

void kidos_slots_age(struct kidos_context *context)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);
	uint64_t idle = context->meta.idle * context->meta.unit_ns + MARGIN_NS;

	for (unsigned int i = 1; i < context->meta.slots && context->attaching; i++)
		kidos_slot_age(context->config, &context->slots[i], now, idle);
}

static unsigned int count_free(const struct kidos_context *context, bool unused)
{
	unsigned int count = 0;

	for (unsigned int i = 1; i < context->meta.slots; i++)
		count += context->slots[i].silent >= KIDOS_SLOT_FREE ||
			 (unused && context->slots[i].state == KIDOS_SLOT_UNUSED);
	return count;
}

/*
 * All at once, as the table is gone through once. The names go first: who
 * reads meanwhile takes nobody's counts for somebody's.
 */
static void slots_empty(struct kidos_context *context)
{
	bool slots[KIDOS_SLOTS_MAX] = {};

	for (unsigned int i = 1; i < context->meta.slots; i++) {
		slots[i] = context->slots[i].silent >= KIDOS_SLOT_FREE;
		if (!slots[i])
			continue;
		context->slots[i] = (struct kidos_slot){};
		kidos_slot_store(context, i);
	}
	kidos_sinks_give(&context->sinks[KIDOS_SINK_SLOTS_GONE], slots);
}

static unsigned int find_slot(struct kidos_context *context, const char *netns, const char *name)
{
	unsigned int found = kidos_slot_find(context->slots, context->meta.slots, netns, name);
	unsigned int gone = found == KIDOS_SLOT_OTHER ? count_free(context, false) : 0;

	if (!gone)
		return found;
	kidos_log(LOG_INFO, "%u interfaces went for good: others get their places", gone);
	slots_empty(context);
	return kidos_slot_find(context->slots, context->meta.slots, netns, name);
}

/* Its slot says why, and sends nothing: what is silent is not named in values. */
static void slot_refuse(struct kidos_context *context, const struct kidos_namespace *ns,
			struct kidos_port_state *port, const char *why)
{
	struct kidos_slot *slot = &context->slots[port->slot];

	kidos_log(LOG_ERR, "interface %s in %s: counted as other: %s", port->name,
		  kidos_netns_label(ns->name), why);
	snprintf(slot->reason, sizeof(slot->reason), "counted as other: %.170s", why);
	slot->state = KIDOS_SLOT_FAILED;
	slot->exact = 0;
	slot->silent = KIDOS_SLOT_MUTE;
	kidos_slot_store(context, port->slot);
	port->refused = port->slot;
	port->slot = KIDOS_SLOT_OTHER;
}

/* Two interfaces of one name would be one series that runs back and forth. */
static void refuse_alike(struct kidos_context *context, const struct kidos_namespace *ns,
			 struct kidos_port_state *port)
{
	const struct kidos_slot *slots = context->slots;
	char why[KIDOS_REASON];

	for (unsigned int i = 1; i < context->meta.slots; i++) {
		if (i == port->slot || slots[i].state == KIDOS_SLOT_UNUSED ||
		    slots[i].silent >= KIDOS_SLOT_MUTE ||
		    !kidos_names_clash(context->reserved, &slots[port->slot], &slots[i]))
			continue;
		snprintf(why, sizeof(why), "its values would have the names of those of %s in %s",
			 slots[i].name, kidos_netns_label(slots[i].netns));
		slot_refuse(context, ns, port, why);
		return;
	}
}

/* The slot that waits for a rule's interface, by the name that the rule has for it; or 0. */
static unsigned int find_waiting(const struct kidos_context *context,
				 const struct kidos_interface_rule *rule)
{
	for (unsigned int i = 1; i < context->meta.slots; i++)
		if (context->slots[i].state == KIDOS_SLOT_WAITING && !context->slots[i].gone_ns &&
		    !strcmp(context->slots[i].netns, rule->netns) &&
		    !strncmp(context->slots[i].name, rule->pattern, IF_NAMESIZE - 1))
			return i;
	return 0;
}

/* An interface that came by an altname has a slot under its name. */
static void leave_waiting(struct kidos_context *context, const struct kidos_interface_rule *rule,
			  const struct kidos_link *link)
{
	unsigned int index = 0;

	if (rule->pattern && !rule->is_regex && strcmp(rule->pattern, link->name))
		index = find_waiting(context, rule);
	if (!index)
		return;
	context->slots[index] = (struct kidos_slot){};
	kidos_slot_store(context, index);
}

void kidos_slot_take(struct kidos_context *context, const struct kidos_namespace *ns,
		     struct kidos_port_state *port, const struct kidos_link *link)
{
	struct kidos_slot *slot;

	port->refused = 0;
	leave_waiting(context, port->rule, link);
	port->slot = find_slot(context, ns->name, link->name);
	if (port->slot == KIDOS_SLOT_OTHER) {
		kidos_log(LOG_WARNING,
			  "interface %s in %s: MaxInterfaces is reached, counted as other until "
			  "another has gone for good",
			  link->name, kidos_netns_label(ns->name));
		return;
	}
	slot = &context->slots[port->slot];
	snprintf(slot->netns, sizeof(slot->netns), "%s", ns->name);
	snprintf(slot->name, sizeof(slot->name), "%s", link->name);
	snprintf(slot->report, sizeof(slot->report), "%s", port->rule->report);
	slot->ifindex = link->ifindex;
	slot->has_device = link->has_device;
	slot->mirror = port->rule->mirror;
	slot->state = KIDOS_SLOT_WAITING;
	snprintf(slot->reason, sizeof(slot->reason), "being attached");
	slot->gone_ns = 0;
	slot->silent = 0;
	kidos_slot_store(context, port->slot);
	kidos_sinks_give(&context->sinks[KIDOS_SINK_SLOT_TAKEN], &port->slot);
	refuse_alike(context, ns, port);
}

int kidos_slot_enter(struct kidos_context *context, const struct kidos_namespace *ns,
		     struct kidos_port_state *port, const struct kidos_link *link)
{
	unsigned int flags = kidos_link_is_ethernet(link) ? KIDOS_PORT_ETHERNET : 0;
	int error;

	/* What the programs do not find is other, and has Ethernet headers. */
	if (port->slot == KIDOS_SLOT_OTHER && flags & KIDOS_PORT_ETHERNET)
		return 0;
	error = kidos_maps_set_port(&context->maps, ns->number, port->ifindex, port->slot, flags);
	if (error != -ENOSPC)
		return error;
	if (port->slot != KIDOS_SLOT_OTHER)
		slot_refuse(
			context, ns, port,
			"too many interfaces with indices alike (a higher MaxInterfaces helps)");
	return 0;
}

void kidos_slots_offer(struct kidos_context *context)
{
	for (size_t i = 0; i < context->namespace_count && !context->stopping; i++) {
		struct kidos_namespace *ns = &context->namespaces[i];

		if (ns->rtnl && kidos_ports_want_slots(ns) && count_free(context, true))
			kidos_ports_name(context, ns);
	}
}

/* Is there an interface that the rule took? */
static bool rule_is_met(const struct kidos_context *context,
			const struct kidos_interface_rule *rule)
{
	for (size_t i = 0; i < context->namespace_count; i++)
		for (size_t k = 0; k < context->namespaces[i].port_count; k++)
			if (context->namespaces[i].ports[k].rule == rule)
				return true;
	return false;
}

/* A rule by name whose interface is not there yet: one line, and a slot that says so. */
static void rule_waits(struct kidos_context *context, const struct kidos_interface_rule *rule)
{
	unsigned int index =
		kidos_slot_find(context->slots, context->meta.slots, rule->netns, rule->pattern);
	struct kidos_slot *slot = &context->slots[index];

	if (index == KIDOS_SLOT_OTHER || slot->state != KIDOS_SLOT_UNUSED)
		return;
	snprintf(slot->netns, sizeof(slot->netns), "%s", rule->netns);
	snprintf(slot->name, sizeof(slot->name), "%.15s", rule->pattern);
	snprintf(slot->report, sizeof(slot->report), "%s", rule->report);
	snprintf(slot->reason, sizeof(slot->reason), "the interface is not there");
	slot->mirror = rule->mirror;
	slot->state = KIDOS_SLOT_WAITING;
	kidos_slot_store(context, index);
	kidos_log(LOG_INFO, "interface %s in %s: waiting for it", rule->pattern,
		  kidos_netns_label(rule->netns));
}

void kidos_rules_wait(struct kidos_context *context)
{
	for (size_t i = 0; i < context->config->rule_count; i++)
		if (!context->config->rules[i].is_regex &&
		    !rule_is_met(context, &context->config->rules[i]))
			rule_waits(context, &context->config->rules[i]);
}
