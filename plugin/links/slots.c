/* SPDX-License-Identifier: MIT */
/*
 * slots.c: the slots of interfaces. One belongs to a namespace and a
 * name, also while the interface is away; when there are no more, those of
 * interfaces that went for good are emptied and given to others.
 */
#include "context.h"
#include "core/log.h"
#include "core/now.h"
#include "flows/wipe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Beyond IdleTimeout, so that by then every entry of the flow table is idle. */
#define MARGIN_NS 1000000000u

const char *kidos_world_label(const char *netns)
{
	return *netns ? netns : "this namespace";
}

void kidos_slot_store(const struct kidos_engine *engine, unsigned int index)
{
	int error = index ? kidos_maps_set_slot(&engine->maps, index, &engine->slots[index]) : 0;

	if (error)
		kidos_log(LOG_WARNING, "state of interface %s: %s", engine->slots[index].name,
			  strerror(-error));
}

void kidos_slots_age(struct kidos_engine *engine)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC);
	uint64_t idle = engine->config->idle_timeout * 1000000000u + MARGIN_NS;

	/* Switched off by request: the interfaces are there. */
	for (unsigned int i = 1; i < engine->meta.slots && !engine->flows_off; i++)
		kidos_slot_age(engine->config, &engine->slots[i], now, idle);
}

static unsigned int count_free(const struct kidos_engine *engine, bool unused)
{
	unsigned int count = 0;

	for (unsigned int i = 1; i < engine->meta.slots; i++)
		count += engine->slots[i].silent >= KIDOS_SLOT_FREE ||
			 (unused && engine->slots[i].state == KIDOS_SLOT_UNUSED);
	return count;
}

/*
 * All at once, as the table is gone through once. The names go first: who
 * reads meanwhile takes nobody's counts for somebody's.
 */
static void slots_empty(struct kidos_engine *engine)
{
	bool slots[KIDOS_SLOTS_MAX] = {};
	int error;

	for (unsigned int i = 1; i < engine->meta.slots; i++) {
		slots[i] = engine->slots[i].silent >= KIDOS_SLOT_FREE;
		if (!slots[i])
			continue;
		engine->slots[i] = (struct kidos_slot){};
		kidos_slot_store(engine, i);
		kidos_series_drop_slot(&engine->series, i);
	}
	error = kidos_slots_wipe(&engine->maps, slots);
	if (error)
		kidos_log(LOG_ERR, "emptying what interfaces left that went: %s", strerror(-error));
}

static unsigned int find_slot(struct kidos_engine *engine, const char *netns, const char *name)
{
	unsigned int found = kidos_slot_find(engine->slots, engine->meta.slots, netns, name);
	unsigned int gone = found == KIDOS_SLOT_OTHER ? count_free(engine, false) : 0;

	if (!gone)
		return found;
	kidos_log(LOG_INFO, "%u interfaces went for good: others get their places", gone);
	slots_empty(engine);
	return kidos_slot_find(engine->slots, engine->meta.slots, netns, name);
}

void kidos_slot_take(struct kidos_engine *engine, const struct kidos_world *world,
		     struct kidos_port_state *port, const struct kidos_link *link)
{
	struct kidos_slot *slot;

	port->slot = find_slot(engine, world->name, link->name);
	if (port->slot == KIDOS_SLOT_OTHER) {
		kidos_log(LOG_WARNING,
			  "interface %s in %s: MaxInterfaces is reached, counted as other until "
			  "another has gone for good",
			  link->name, kidos_world_label(world->name));
		return;
	}
	slot = &engine->slots[port->slot];
	snprintf(slot->netns, sizeof(slot->netns), "%s", world->name);
	snprintf(slot->name, sizeof(slot->name), "%s", link->name);
	snprintf(slot->report, sizeof(slot->report), "%s", port->rule->report);
	slot->ifindex = link->ifindex;
	slot->has_device = link->has_device;
	slot->mirror = port->rule->mirror;
	slot->state = KIDOS_SLOT_WAITING;
	slot->gone_ns = 0;
	slot->silent = 0;
}

void kidos_slots_offer(struct kidos_engine *engine)
{
	for (size_t i = 0; i < engine->world_count && !engine->stopping; i++) {
		struct kidos_world *world = &engine->worlds[i];

		if (world->rtnl && kidos_ports_want_slots(world) && count_free(engine, true))
			kidos_ports_name(engine, world);
	}
}

/* A rule by name whose interface is not there yet: one line, and a slot that says so. */
static void rule_waits(struct kidos_engine *engine, const struct kidos_interface_rule *rule)
{
	unsigned int index =
		kidos_slot_find(engine->slots, engine->meta.slots, rule->netns, rule->pattern);
	struct kidos_slot *slot = &engine->slots[index];

	if (index == KIDOS_SLOT_OTHER || slot->state != KIDOS_SLOT_UNUSED)
		return;
	snprintf(slot->netns, sizeof(slot->netns), "%s", rule->netns);
	snprintf(slot->name, sizeof(slot->name), "%.15s", rule->pattern);
	snprintf(slot->report, sizeof(slot->report), "%s", rule->report);
	snprintf(slot->reason, sizeof(slot->reason), "the interface is not there");
	slot->mirror = rule->mirror;
	slot->state = KIDOS_SLOT_WAITING;
	kidos_slot_store(engine, index);
	kidos_log(LOG_INFO, "interface %s in %s: waiting for it", rule->pattern,
		  kidos_world_label(rule->netns));
}

void kidos_rules_wait(struct kidos_engine *engine)
{
	for (size_t i = 0; i < engine->config->rule_count; i++)
		if (!engine->config->rules[i].is_regex)
			rule_waits(engine, &engine->config->rules[i]);
}
