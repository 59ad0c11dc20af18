/* SPDX-License-Identifier: MIT */
/*
 * ports.c: the links that exist against the programs that hang on
 * them. One comparison serves start, every event, and whatever was missed.
 */
#include "context.h"
#include "core/log.h"
#include "core/now.h"
#include "links/netns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_clsact_left(const struct kidos_port_state *port)
{
	return port->attachments[KIDOS_RX].rung == KIDOS_RUNG_CLSACT ||
	       port->attachments[KIDOS_TX].rung == KIDOS_RUNG_CLSACT;
}

/* The qdisc is removed with the last of our filters, and only if no other is left on it. */
static void port_detach(struct kidos_world *world, struct kidos_port_state *port)
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
		       kidos_rtnl_filters(world->rtnl, port->ifindex) != 0;
		if (!keep) {
			attachment->ifindex = port->ifindex;
			attachment->made_clsact = true;
			kidos_detach(attachment, d, false);
		}
	}
}

/* The namespace's programs are loaded when its first interface shows up. */
static bool world_load(struct kidos_engine *engine, struct kidos_world *world)
{
	if (world->traffic || world->unusable)
		return world->traffic;
	world->traffic = kidos_traffic_load(&engine->maps, &engine->meta, world->number);
	if (!world->traffic) {
		world->unusable = true;
		kidos_log(LOG_ERR, "programs for %s: %s", kidos_world_label(world->name),
			  strerror(errno));
	}
	return world->traffic;
}

/* Our count and the interface's own as attaching begins: both move on from here. */
static void base_open(struct kidos_engine *engine, struct kidos_port_state *port,
		      const struct kidos_link *link)
{
	struct kidos_slot *slot = &engine->slots[port->slot];

	port->driver = kidos_driver_of(link);
	port->own = link->counters;
	slot->bytes_compared = port->driver->rules[KIDOS_RX].bytes != KIDOS_UNIT_UNKNOWN;
	memset(slot->unaccounted, 0, sizeof(slot->unaccounted));
	memset(slot->unaccounted_bytes, 0, sizeof(slot->unaccounted_bytes));
	if (!kidos_slot_sums(engine, port->slot, port->base.ours))
		kidos_own_widen(port->base.own, &link->counters, true);
}

static void base_close(struct kidos_world *world, struct kidos_port_state *port)
{
	const struct kidos_link *link;
	struct kidos_links links;

	if (kidos_rtnl_links(world->rtnl, &links))
		return;
	link = kidos_links_find(&links, port->name);
	if (link)
		kidos_own_widen(port->base.own, &link->counters, false);
	kidos_links_free(&links);
}

static int attach_directions(struct kidos_world *world, struct kidos_port_state *port,
			     const struct kidos_link *link, char reason[2][KIDOS_REASON])
{
	int error = kidos_attach(world->traffic, port->rule, link, KIDOS_RX,
				 &port->attachments[KIDOS_RX], reason[KIDOS_RX]);

	if (error || !port->rule->egress)
		return error;
	error = kidos_attach(world->traffic, port->rule, link, KIDOS_TX,
			     &port->attachments[KIDOS_TX], reason[KIDOS_TX]);
	if (error) {
		snprintf(reason[KIDOS_RX], KIDOS_REASON, "sent packets: %.200s", reason[KIDOS_TX]);
		port_detach(world, port);
	}
	return error;
}

static void slot_attached(struct kidos_slot *slot, const struct kidos_port_state *port)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		slot->rung[d] = port->attachments[d].rung;
		slot->program[d] = port->attachments[d].program;
		slot->priority[d] = port->attachments[d].priority;
	}
	slot->made_clsact =
		port->attachments[KIDOS_RX].made_clsact || port->attachments[KIDOS_TX].made_clsact;
	/* Generic XDP comes after GRO and knows nothing of segments. */
	slot->exact = slot->rung[KIDOS_RX] != KIDOS_RUNG_XDP_GENERIC &&
		      slot->rung[KIDOS_RX] != KIDOS_RUNG_XDP_SHARED_GENERIC;
	slot->state = KIDOS_SLOT_ATTACHED;
}

static void log_attached(const struct kidos_world *world, const struct kidos_port_state *port,
			 const char *reason)
{
	kidos_log(LOG_INFO, "interface %s in %s: received packets at %s (%s), sent at %s",
		  port->name, kidos_world_label(world->name),
		  kidos_rung_names[port->attachments[KIDOS_RX].rung], reason,
		  kidos_rung_names[port->attachments[KIDOS_TX].rung]);
}

static unsigned int port_flags(const struct kidos_link *link)
{
	return kidos_link_is_ethernet(link) ? KIDOS_PORT_ETHERNET : 0;
}

static void port_attach(struct kidos_engine *engine, struct kidos_world *world,
			struct kidos_port_state *port, const struct kidos_link *link)
{
	char reason[2][KIDOS_REASON] = { "", "" };
	struct kidos_slot *slot = &engine->slots[port->slot];
	int error = kidos_maps_set_port(&engine->maps, world->number, link->ifindex, port->slot,
					port_flags(link));

	base_open(engine, port, link);
	/* What libxdp attaches outlives us, so where it does is written down first. */
	if (port->rule->xdp_share)
		kidos_slot_store(engine, port->slot);
	if (!error)
		error = attach_directions(world, port, link, reason);
	else
		snprintf(reason[0], KIDOS_REASON, "ports map: %s", strerror(-error));
	base_close(world, port);
	snprintf(slot->reason, sizeof(slot->reason), "%.*s", (int)sizeof(slot->reason) - 1,
		 reason[0]);
	if (error) { /* not tried again until the interface is remade */
		slot->state = KIDOS_SLOT_FAILED;
		kidos_log(LOG_ERR, "interface %s in %s: %s", port->name,
			  kidos_world_label(world->name), reason[0]);
	} else {
		slot_attached(slot, port);
		log_attached(world, port, reason[0]);
	}
	kidos_slot_store(engine, port->slot);
}

static void port_gone(struct kidos_engine *engine, struct kidos_world *world,
		      struct kidos_port_state *port)
{
	struct kidos_slot *slot = &engine->slots[port->slot];

	kidos_maps_forget_port(&engine->maps, world->number, port->ifindex);
	if (port->slot == KIDOS_SLOT_OTHER)
		return;
	slot->state = KIDOS_SLOT_WAITING;
	slot->gone_ns = kidos_now_ns(CLOCK_MONOTONIC);
	slot->ifindex = 0;
	slot->rung[KIDOS_RX] = slot->rung[KIDOS_TX] = KIDOS_RUNG_NONE;
	slot->made_clsact = 0;
	memset(slot->unaccounted, 0, sizeof(slot->unaccounted));
	memset(slot->unaccounted_bytes, 0, sizeof(slot->unaccounted_bytes));
	snprintf(slot->reason, sizeof(slot->reason), "%s",
		 engine->flows_off ? "the collector flows is off" : "the interface is not there");
	kidos_slot_store(engine, port->slot);
}

/* Forgets ports[index]: detached, slot waiting. */
static void port_remove(struct kidos_engine *engine, struct kidos_world *world, size_t index)
{
	struct kidos_port_state *port = &world->ports[index];

	if (!engine->stopping && !engine->flows_off)
		kidos_log(LOG_INFO, "interface %s in %s: gone", port->name,
			  kidos_world_label(world->name));
	port_detach(world, port);
	port_gone(engine, world, port);
	world->ports[index] = world->ports[--world->port_count];
}

/* Counted as other for want of a slot. */
static bool port_wants_slot(const struct kidos_port_state *port)
{
	return port->slot == KIDOS_SLOT_OTHER &&
	       port->attachments[KIDOS_RX].rung != KIDOS_RUNG_NONE;
}

bool kidos_ports_want_slots(const struct kidos_world *world)
{
	for (size_t i = 0; i < world->port_count; i++)
		if (port_wants_slot(&world->ports[i]))
			return true;
	return false;
}

/* Attached already, it changes from `other` to a slot: as at attaching, both counts are read. */
static void port_name_it(struct kidos_engine *engine, struct kidos_world *world,
			 struct kidos_port_state *port, const struct kidos_link *link)
{
	struct kidos_slot *slot;
	int error;

	kidos_slot_take(engine, world, port, link);
	if (port->slot == KIDOS_SLOT_OTHER)
		return;
	slot = &engine->slots[port->slot];
	base_open(engine, port, link);
	error = kidos_maps_set_port(&engine->maps, world->number, link->ifindex, port->slot,
				    port_flags(link));
	base_close(world, port);
	snprintf(slot->reason, sizeof(slot->reason), "counted as other before");
	if (error)
		kidos_log(LOG_ERR, "interface %s: ports map: %s", port->name, strerror(-error));
	slot_attached(slot, port);
	log_attached(world, port, slot->reason);
	kidos_slot_store(engine, port->slot);
}

void kidos_ports_name(struct kidos_engine *engine, struct kidos_world *world)
{
	const struct kidos_link *link;
	struct kidos_links links;

	if (kidos_rtnl_links(world->rtnl, &links))
		return;
	for (size_t i = 0; i < world->port_count; i++) {
		struct kidos_port_state *port = &world->ports[i];

		link = kidos_links_find(&links, port->name);
		if (port_wants_slot(port) && link && link->ifindex == port->ifindex)
			port_name_it(engine, world, port, link);
	}
	kidos_links_free(&links);
}

static struct kidos_port_state *port_find(struct kidos_world *world, const struct kidos_link *link)
{
	for (size_t i = 0; i < world->port_count; i++)
		if (world->ports[i].ifindex == link->ifindex &&
		    !strcmp(world->ports[i].name, link->name))
			return &world->ports[i];
	return NULL;
}

static struct kidos_port_state *port_add(struct kidos_engine *engine, struct kidos_world *world,
					 const struct kidos_interface_rule *rule,
					 const struct kidos_link *link)
{
	struct kidos_port_state *ports =
		reallocarray(world->ports, world->port_count + 1, sizeof(*ports));
	struct kidos_port_state *port;

	if (!ports)
		return NULL;
	world->ports = ports;
	port = &ports[world->port_count++];
	*port = (struct kidos_port_state){ .rule = rule,
					   .ifindex = link->ifindex,
					   .attachments = { KIDOS_ATTACHMENT_NONE,
							    KIDOS_ATTACHMENT_NONE } };
	snprintf(port->name, sizeof(port->name), "%s", link->name);
	kidos_slot_take(engine, world, port, link);
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

static void link_wanted(struct kidos_engine *engine, struct kidos_world *world,
			const struct kidos_interface_rule *rule, const struct kidos_link *link)
{
	struct kidos_port_state *port;

	if (port_find(world, link) || !world_load(engine, world))
		return;
	port = port_add(engine, world, rule, link);
	if (port)
		port_attach(engine, world, port, link);
}

/* Those that are gone first: another name may need their index. */
static void ports_sweep(struct kidos_engine *engine, struct kidos_world *world,
			const struct kidos_links *links)
{
	for (size_t i = 0; i < world->port_count; i++)
		world->ports[i].seen = false;
	for (size_t i = 0; i < links->count; i++) {
		struct kidos_port_state *port = port_find(world, &links->items[i]);

		if (port)
			port->seen = port_alive(port);
	}
	for (size_t i = world->port_count; i-- > 0;)
		if (!world->ports[i].seen)
			port_remove(engine, world, i);
}

void kidos_ports_apply(struct kidos_engine *engine, struct kidos_world *world,
		       struct kidos_links *links)
{
	const struct kidos_interface_rule *rule;

	ports_sweep(engine, world, links);
	for (size_t i = 0; i < links->count && !engine->stopping && !engine->flows_off; i++) {
		kidos_rtnl_driver(world->rtnl, &links->items[i]);
		rule = kidos_rule_for(engine->config, world->name, &links->items[i]);
		if (rule)
			link_wanted(engine, world, rule, &links->items[i]);
	}
}

void kidos_ports_remove(struct kidos_engine *engine, struct kidos_world *world)
{
	while (world->port_count)
		port_remove(engine, world, world->port_count - 1);
	free(world->ports);
	world->ports = NULL;
}
