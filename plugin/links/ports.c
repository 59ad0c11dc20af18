/* SPDX-License-Identifier: MIT */
/*
 * ports.c: the links that exist against the programs that hang on
 * them. One comparison serves start, every event, and whatever was missed.
 */
#include "links/ports.h"
#include "core/log.h"
#include "core/now.h"
#include "links/mnl_links.h"
#include "links/port_attach.h"
#include "links/rule.h"
#include "links/slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The namespace's programs are loaded when its first interface shows up. */
static bool namespace_load(struct kidos_context *context, struct kidos_namespace *ns)
{
	if (ns->traffic || ns->unusable)
		return ns->traffic;
	ns->traffic = kidos_traffic_load(&context->maps, &context->meta, ns->number);
	if (!ns->traffic) {
		ns->unusable = true;
		kidos_log(LOG_ERR, "programs for %s: %s", kidos_netns_label(ns->name),
			  strerror(errno));
	}
	return ns->traffic;
}

bool kidos_ports_want_order(const struct kidos_namespace *ns, uint64_t now_ns)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (kidos_port_wants_order(&ns->ports[i], now_ns))
			return true;
	return false;
}

bool kidos_ports_due(const struct kidos_namespace *ns, uint64_t now_ns)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (ns->ports[i].retry_ns && ns->ports[i].retry_ns <= now_ns)
			return true;
	return false;
}

static void port_gone(struct kidos_context *context, struct kidos_namespace *ns,
		      struct kidos_port_state *port)
{
	unsigned int index = port->refused ? port->refused : port->slot;
	struct kidos_slot *slot = &context->slots[index];

	kidos_maps_forget_port(&context->maps, ns->number, port->ifindex);
	if (index == KIDOS_SLOT_OTHER)
		return;
	slot->state = KIDOS_SLOT_WAITING;
	slot->gone_ns = kidos_now_ns(CLOCK_MONOTONIC);
	slot->ifindex = 0;
	slot->rung[KIDOS_RX] = slot->rung[KIDOS_TX] = KIDOS_RUNG_NONE;
	slot->made_clsact = 0;
	slot->exact = 0;
	memset(slot->measured, 0, sizeof(slot->measured));
	snprintf(slot->reason, sizeof(slot->reason), "%s",
		 !context->attaching ? "the collector flows is off" : "the interface is not there");
	kidos_slot_store(context, index);
}

/* Forgets ports[index]: detached, slot waiting. */
static void port_remove(struct kidos_context *context, struct kidos_namespace *ns, size_t index)
{
	struct kidos_port_state *port = &ns->ports[index];

	if (!context->stopping && context->attaching)
		kidos_log(LOG_INFO, "interface %s in %s: gone", port->name,
			  kidos_netns_label(ns->name));
	kidos_port_detach(ns, port);
	port_gone(context, ns, port);
	ns->ports[index] = ns->ports[--ns->port_count];
}

/* Counted as other for want of a slot. */
static bool port_wants_slot(const struct kidos_port_state *port)
{
	return port->slot == KIDOS_SLOT_OTHER && !port->refused &&
	       port->attachments[KIDOS_RX].rung != KIDOS_RUNG_NONE;
}

bool kidos_ports_want_slots(const struct kidos_namespace *ns)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (port_wants_slot(&ns->ports[i]))
			return true;
	return false;
}

void kidos_ports_name(struct kidos_context *context, struct kidos_namespace *ns)
{
	const struct kidos_link *link;
	struct kidos_links links;

	if (kidos_rtnl_links(ns->rtnl, &links))
		return;
	for (size_t i = 0; i < ns->port_count; i++) {
		struct kidos_port_state *port = &ns->ports[i];

		link = kidos_links_find(&links, port->name);
		if (port_wants_slot(port) && link && link->ifindex == port->ifindex)
			kidos_port_leave_other(context, ns, port, link);
	}
	kidos_links_free(&links);
}

static struct kidos_port_state *port_find(struct kidos_namespace *ns, const struct kidos_link *link)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (ns->ports[i].ifindex == link->ifindex && !strcmp(ns->ports[i].name, link->name))
			return &ns->ports[i];
	return NULL;
}

static struct kidos_port_state *port_add(struct kidos_context *context, struct kidos_namespace *ns,
					 const struct kidos_interface_rule *rule,
					 const struct kidos_link *link)
{
	struct kidos_port_state *ports =
		reallocarray(ns->ports, ns->port_count + 1, sizeof(*ports));
	struct kidos_port_state *port;

	if (!ports)
		return NULL;
	ns->ports = ports;
	port = &ports[ns->port_count++];
	*port = (struct kidos_port_state){ .rule = rule,
					   .ifindex = link->ifindex,
					   .attachments = { KIDOS_ATTACHMENT_NONE,
							    KIDOS_ATTACHMENT_NONE } };
	snprintf(port->name, sizeof(port->name), "%s", link->name);
	kidos_slot_take(context, ns, port, link);
	return port;
}

/* A device may have been remade with the same name and index between two dumps. */
static bool port_alive(const struct kidos_port_state *port)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		if (port->attachments[d].rung != KIDOS_RUNG_NONE &&
		    !kidos_attachment_alive(&port->attachments[d], d))
			return false;
	return true;
}

static void link_wanted(struct kidos_context *context, struct kidos_namespace *ns,
			const struct kidos_interface_rule *rule, const struct kidos_link *link)
{
	struct kidos_port_state *port = port_find(ns, link);

	if (port) {
		kidos_port_retry(context, ns, port, link);
		kidos_port_order(context, ns, port, link);
	}
	if (port || !namespace_load(context, ns))
		return;
	port = port_add(context, ns, rule, link);
	if (port)
		kidos_port_attach(context, ns, port, link);
}

/* Those that are gone first: another name may need their index. */
static void ports_sweep(struct kidos_context *context, struct kidos_namespace *ns,
			const struct kidos_links *links)
{
	for (size_t i = 0; i < ns->port_count; i++)
		ns->ports[i].seen = false;
	for (size_t i = 0; i < links->count; i++) {
		struct kidos_port_state *port = port_find(ns, &links->items[i]);

		if (port)
			port->seen = port_alive(port);
	}
	for (size_t i = ns->port_count; i-- > 0;)
		if (!ns->ports[i].seen)
			port_remove(context, ns, i);
}

void kidos_ports_apply(struct kidos_context *context, struct kidos_namespace *ns,
		       struct kidos_links *links)
{
	const struct kidos_interface_rule *rule;

	ports_sweep(context, ns, links);
	for (size_t i = 0; i < links->count && !context->stopping && context->attaching; i++) {
		kidos_rtnl_driver(ns->rtnl, &links->items[i]);
		rule = kidos_rule_for(context->config, ns->name, &links->items[i]);
		if (rule)
			link_wanted(context, ns, rule, &links->items[i]);
	}
	kidos_rtnl_touched_clear(ns->rtnl);
}

void kidos_ports_remove(struct kidos_context *context, struct kidos_namespace *ns)
{
	while (ns->port_count)
		port_remove(context, ns, ns->port_count - 1);
	free(ns->ports);
	ns->ports = NULL;
}
