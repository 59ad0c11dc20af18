/* SPDX-License-Identifier: MIT */
/*
 * ports.c: the links that exist against the programs that hang on
 * them. One comparison serves start, every event, and whatever was missed.
 */
#include "links/ports.h"
#include "core/log.h"
#include "core/now.h"
#include "links/conserve_check.h"
#include "links/mnl_links.h"
#include "links/rule.h"
#include "links/slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_NS 60000000000ull /* what failed is tried again */
#define RETRY_EVENT_NS 1000000000ull /* at the earliest: an attempt may make an event itself */

static bool has_clsact_left(const struct kidos_port_state *port)
{
	return port->attachments[KIDOS_RX].rung == KIDOS_RUNG_CLSACT ||
	       port->attachments[KIDOS_TX].rung == KIDOS_RUNG_CLSACT;
}

/* The qdisc is removed with the last of our filters, and only if no other is left on it. */
static void port_detach(struct kidos_namespace *ns, struct kidos_port_state *port)
{
	bool made =
		port->attachments[KIDOS_RX].made_clsact || port->attachments[KIDOS_TX].made_clsact;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		struct kidos_attachment *attachment = &port->attachments[d];
		bool clsact = attachment->rung == KIDOS_RUNG_CLSACT;
		bool keep;

		attachment->made_clsact = false;
		if (!clsact) {
			kidos_detach(attachment, d, true);
			continue;
		}
		kidos_detach(attachment, d, true);
		keep = !made || has_clsact_left(port) ||
		       kidos_rtnl_filters(ns->rtnl, port->ifindex) != 0;
		if (!keep) {
			attachment->ifindex = port->ifindex;
			attachment->made_clsact = true;
			kidos_detach(attachment, d, false);
		}
	}
}

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

/* Our count and the interface's own as attaching begins: both move on from here. */
static void base_open(struct kidos_context *context, struct kidos_port_state *port,
		      const struct kidos_link *link)
{
	struct kidos_slot *slot = &context->slots[port->slot];

	port->driver = kidos_driver_of(link);
	port->own = link->counters;
	slot->bytes_compared = port->driver->rules[KIDOS_RX].bytes != KIDOS_UNIT_UNKNOWN;
	memset(slot->measured, 0, sizeof(slot->measured));
	port->rebase = kidos_slot_sums(context, port->slot, port->base.ours);
	kidos_own_widen(port->base.own, &link->counters, true);
}

/* Returns whether the interface is still there. */
static bool base_close(struct kidos_namespace *ns, struct kidos_port_state *port)
{
	const struct kidos_link *link;
	struct kidos_links links = {};
	int error = kidos_rtnl_links(ns->rtnl, &links);
	bool there;

	link = kidos_links_find(&links, port->name);
	there = error || (link && link->ifindex == port->ifindex);
	if (link)
		kidos_own_widen(port->base.own, &link->counters, false);
	port->rebase = port->rebase || error;
	kidos_links_free(&links);
	return there;
}

static bool is_missing(const struct kidos_port_state *port, enum kidos_direction direction)
{
	return port->attachments[direction].rung == KIDOS_RUNG_NONE &&
	       (direction == KIDOS_RX || port->rule->egress);
}

/* Each direction by itself: one that cannot be counted is no reason not to count the other. */
static int attach_directions(struct kidos_namespace *ns, struct kidos_port_state *port,
			     const struct kidos_link *link, char reason[KIDOS_REASON])
{
	char words[KIDOS_REASON] = "";
	int error = 0, sent = 0;

	if (is_missing(port, KIDOS_RX))
		error = kidos_attach(ns->traffic, port->rule, link, KIDOS_RX,
				     &port->attachments[KIDOS_RX], reason);
	if (is_missing(port, KIDOS_TX))
		sent = kidos_attach(ns->traffic, port->rule, link, KIDOS_TX,
				    &port->attachments[KIDOS_TX], words);
	if (sent && !error)
		snprintf(reason, KIDOS_REASON, "sent packets: %.200s", words);
	return error ? error : sent;
}

static void slot_attached(struct kidos_slot *slot, const struct kidos_port_state *port, bool failed)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		slot->rung[d] = port->attachments[d].rung;
		slot->program[d] = port->attachments[d].program;
		slot->priority[d] = port->attachments[d].priority;
	}
	slot->made_clsact =
		port->attachments[KIDOS_RX].made_clsact || port->attachments[KIDOS_TX].made_clsact;
	/* Generic XDP comes after GRO and knows nothing of segments. */
	slot->exact = !failed && slot->rung[KIDOS_RX] != KIDOS_RUNG_XDP_GENERIC &&
		      slot->rung[KIDOS_RX] != KIDOS_RUNG_XDP_SHARED_GENERIC;
	slot->state = failed ? KIDOS_SLOT_FAILED : KIDOS_SLOT_ATTACHED;
}

static void log_attached(const struct kidos_namespace *ns, const struct kidos_port_state *port,
			 const char *reason)
{
	kidos_log(LOG_INFO, "interface %s in %s: received packets at %s (%s), sent at %s",
		  port->name, kidos_netns_label(ns->name),
		  kidos_rung_names[port->attachments[KIDOS_RX].rung], reason,
		  kidos_rung_names[port->attachments[KIDOS_TX].rung]);
}

static unsigned int port_flags(const struct kidos_link *link)
{
	return kidos_link_is_ethernet(link) ? KIDOS_PORT_ETHERNET : 0;
}

static void log_attempt(const struct kidos_namespace *ns, const struct kidos_port_state *port,
			const char *reason, int error, bool there)
{
	if (!error)
		log_attached(ns, port, reason);
	else if (there)
		kidos_log(LOG_ERR, "interface %s in %s: %s: tried again each minute", port->name,
			  kidos_netns_label(ns->name), reason);
	else
		kidos_log(LOG_INFO, "interface %s in %s: it went while it was being attached",
			  port->name, kidos_netns_label(ns->name));
}

static void port_attach(struct kidos_context *context, struct kidos_namespace *ns,
			struct kidos_port_state *port, const struct kidos_link *link)
{
	char reason[KIDOS_REASON] = "";
	struct kidos_slot *slot = &context->slots[port->slot];
	int error = kidos_maps_set_port(&context->maps, ns->number, link->ifindex, port->slot,
					port_flags(link));
	bool there;

	port->tried_ns = kidos_now_ns(CLOCK_MONOTONIC);
	base_open(context, port, link);
	/* What libxdp attaches outlives us, so where it does is written down first. */
	if (port->rule->xdp_share)
		kidos_slot_store(context, port->slot);
	if (!error)
		error = attach_directions(ns, port, link, reason);
	else
		snprintf(reason, sizeof(reason), "ports map: %s", strerror(-error));
	there = base_close(ns, port);
	snprintf(slot->reason, sizeof(slot->reason), "%.*s", (int)sizeof(slot->reason) - 1, reason);
	slot_attached(slot, port, error);
	port->retry_ns =
		error || port->attachments[KIDOS_RX].meanwhile ? port->tried_ns + RETRY_NS : 0;
	log_attempt(ns, port, reason, error, there);
	kidos_slot_store(context, port->slot);
}

/* Once a minute, and soon after an event of the interface: what was in the way may have gone. */
static void port_retry(struct kidos_context *context, struct kidos_namespace *ns,
		       struct kidos_port_state *port, const struct kidos_link *link)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);

	if (port->retry_ns && kidos_rtnl_touched(ns->rtnl, port->ifindex) &&
	    port->retry_ns > port->tried_ns + RETRY_EVENT_NS)
		port->retry_ns = port->tried_ns + RETRY_EVENT_NS;
	if (!port->retry_ns || now < port->retry_ns)
		return;
	port->tried_ns = now;
	port->retry_ns = now + RETRY_NS;
	if (kidos_attachment_improves(&port->attachments[KIDOS_RX]))
		port_detach(ns, port);
	if (is_missing(port, KIDOS_RX) || is_missing(port, KIDOS_TX))
		port_attach(context, ns, port, link);
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
	struct kidos_slot *slot = &context->slots[port->slot];

	kidos_maps_forget_port(&context->maps, ns->number, port->ifindex);
	if (port->slot == KIDOS_SLOT_OTHER)
		return;
	slot->state = KIDOS_SLOT_WAITING;
	slot->gone_ns = kidos_now_ns(CLOCK_MONOTONIC);
	slot->ifindex = 0;
	slot->rung[KIDOS_RX] = slot->rung[KIDOS_TX] = KIDOS_RUNG_NONE;
	slot->made_clsact = 0;
	memset(slot->measured, 0, sizeof(slot->measured));
	snprintf(slot->reason, sizeof(slot->reason), "%s",
		 !context->attaching ? "the collector flows is off" : "the interface is not there");
	kidos_slot_store(context, port->slot);
}

/* Forgets ports[index]: detached, slot waiting. */
static void port_remove(struct kidos_context *context, struct kidos_namespace *ns, size_t index)
{
	struct kidos_port_state *port = &ns->ports[index];

	if (!context->stopping && context->attaching)
		kidos_log(LOG_INFO, "interface %s in %s: gone", port->name,
			  kidos_netns_label(ns->name));
	port_detach(ns, port);
	port_gone(context, ns, port);
	ns->ports[index] = ns->ports[--ns->port_count];
}

/* Counted as other for want of a slot. */
static bool port_wants_slot(const struct kidos_port_state *port)
{
	return port->slot == KIDOS_SLOT_OTHER &&
	       port->attachments[KIDOS_RX].rung != KIDOS_RUNG_NONE;
}

bool kidos_ports_want_slots(const struct kidos_namespace *ns)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (port_wants_slot(&ns->ports[i]))
			return true;
	return false;
}

/* Attached already, it changes from `other` to a slot: as at attaching, both counts are read. */
static void port_leave_other(struct kidos_context *context, struct kidos_namespace *ns,
			     struct kidos_port_state *port, const struct kidos_link *link)
{
	struct kidos_slot *slot;
	int error;

	kidos_slot_take(context, ns, port, link);
	if (port->slot == KIDOS_SLOT_OTHER)
		return;
	slot = &context->slots[port->slot];
	base_open(context, port, link);
	error = kidos_maps_set_port(&context->maps, ns->number, link->ifindex, port->slot,
				    port_flags(link));
	base_close(ns, port);
	snprintf(slot->reason, sizeof(slot->reason), "counted as other before");
	if (error)
		kidos_log(LOG_ERR, "interface %s: ports map: %s", port->name, strerror(-error));
	slot_attached(slot, port, false);
	log_attached(ns, port, slot->reason);
	kidos_slot_store(context, port->slot);
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
			port_leave_other(context, ns, port, link);
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

	if (port)
		port_retry(context, ns, port, link);
	if (port || !namespace_load(context, ns))
		return;
	port = port_add(context, ns, rule, link);
	if (port)
		port_attach(context, ns, port, link);
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
