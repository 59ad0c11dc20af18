/* SPDX-License-Identifier: MIT */
/*
 * ports.c: the links that exist against the programs that hang on
 * them. One comparison serves start, every event, and whatever was missed.
 * What follows from it is planned, and done link by link.
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

/*
 * The namespace's programs are loaded when its first interface shows up. The verifier may take its
 * time, and the settings' copy is what it needs of what the lock protects.
 */
static bool namespace_load(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_meta meta;

	if (ns->traffic)
		return true;
	pthread_mutex_lock(&context->lock);
	meta = context->meta;
	pthread_mutex_unlock(&context->lock);
	ns->traffic = kidos_traffic_load(&context->maps, &meta, ns->number);
	if (!ns->traffic)
		kidos_log(LOG_ERR, "programs for %s: %s: tried again each minute",
			  kidos_netns_label(ns->name), strerror(errno));
	return ns->traffic;
}

void kidos_ports_plan_order(struct kidos_namespace *ns, uint64_t now_ns)
{
	for (size_t i = 0; i < ns->port_count; i++)
		kidos_port_plan_order(&ns->ports[i], now_ns);
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

/* Forgets ports[index], which is detached: its slot waits. */
static void port_forget(struct kidos_context *context, struct kidos_namespace *ns, size_t index)
{
	struct kidos_port_state *port = &ns->ports[index];

	if (!context->stopping && context->attaching)
		kidos_log(LOG_INFO, "interface %s in %s: gone", port->name,
			  kidos_netns_label(ns->name));
	port_gone(context, ns, port);
	ns->ports[index] = ns->ports[--ns->port_count];
}

static void port_remove(struct kidos_context *context, struct kidos_namespace *ns, size_t index)
{
	kidos_port_detach(ns->ports[index].attachments);
	port_forget(context, ns, index);
}

/* The last of them: detached without the lock. */
static void port_release(struct kidos_context *context, struct kidos_namespace *ns)
{
	struct kidos_attachment attachments[KIDOS_DIRECTIONS];
	size_t last = ns->port_count - 1;

	memcpy(attachments, ns->ports[last].attachments, sizeof(attachments));
	kidos_port_detach(attachments);
	pthread_mutex_lock(&context->lock);
	port_forget(context, ns, last);
	pthread_mutex_unlock(&context->lock);
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

static void port_add(struct kidos_context *context, struct kidos_namespace *ns,
		     const struct kidos_interface_rule *rule, const struct kidos_link *link)
{
	struct kidos_port_state *ports =
		reallocarray(ns->ports, ns->port_count + 1, sizeof(*ports));
	struct kidos_port_state *port;

	if (!ports)
		return;
	ns->ports = ports;
	port = &ports[ns->port_count++];
	*port = (struct kidos_port_state){
		.rule = rule, .ifindex = link->ifindex, .todo = KIDOS_TODO_ATTACH, .seen = true
	};
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		port->attachments[d] = (struct kidos_attachment){
			.place = { &context->state, ns->number, ns->name }, .direction = d
		};
	snprintf(port->name, sizeof(port->name), "%s", link->name);
	kidos_slot_take(context, ns, port, link);
	/* One that has no room is other's before anything is sent under its name. */
	kidos_slot_enter(context, ns, port, link);
}

/* A device may have been remade with the same name and index between two dumps. */
static bool port_alive(const struct kidos_port_state *port)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		if (port->attachments[d].rung != KIDOS_RUNG_NONE &&
		    !kidos_attachment_alive(&port->attachments[d]))
			return false;
	return true;
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

void kidos_ports_plan(struct kidos_context *context, struct kidos_namespace *ns,
		      struct kidos_links *links)
{
	const struct kidos_interface_rule *rule;

	ports_sweep(context, ns, links);
	for (size_t i = 0; i < links->count && !context->stopping && context->attaching; i++) {
		struct kidos_link *link = &links->items[i];
		struct kidos_port_state *port = port_find(ns, link);

		if (port) {
			kidos_port_plan_retry(ns, port);
			continue;
		}
		kidos_rtnl_driver(ns->rtnl, link);
		rule = kidos_rule_for(context->config, ns->name, link);
		if (rule)
			port_add(context, ns, rule, link);
	}
	kidos_rtnl_touched_clear(ns->rtnl);
}

static struct kidos_port_state *port_planned(const struct kidos_namespace *ns)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (ns->ports[i].todo)
			return &ns->ports[i];
	return NULL;
}

bool kidos_ports_planned(const struct kidos_context *context, const struct kidos_namespace *ns)
{
	return context->attaching ? port_planned(ns) != NULL : ns->port_count > 0;
}

/* Without programs nothing can be done now. */
static void ports_put_off(struct kidos_namespace *ns)
{
	uint64_t later = kidos_now_ns(CLOCK_MONOTONIC) + KIDOS_PORT_RETRY_NS;

	for (size_t i = 0; i < ns->port_count; i++) {
		if (ns->ports[i].todo & KIDOS_TODO_ATTACH)
			ns->ports[i].retry_ns = later;
		ns->ports[i].todo = 0;
	}
}

void kidos_ports_step(struct kidos_context *context, struct kidos_namespace *ns)
{
	if (!context->attaching)
		port_release(context, ns);
	else if (namespace_load(context, ns))
		kidos_port_work(context, ns, port_planned(ns));
	else
		ports_put_off(ns);
}

void kidos_ports_remove(struct kidos_context *context, struct kidos_namespace *ns, bool there)
{
	while (ns->port_count) {
		kidos_port_leave(&ns->ports[ns->port_count - 1], there);
		port_forget(context, ns, ns->port_count - 1);
	}
	free(ns->ports);
	ns->ports = NULL;
}
