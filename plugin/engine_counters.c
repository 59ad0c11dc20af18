/* SPDX-License-Identifier: MIT */
/*
 * engine_counters.c: the conservation check. Ours are read between two reads
 * of the interface's counters; whatever lies outside that span is unaccounted.
 */
#include "engine_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTLE_ATTEMPTS 5
#define SETTLE_NS 1000000 /* for packets between the driver's counter and the hook */

int kidos_slot_read(const struct kidos_engine *engine, unsigned int slot,
		    struct kidos_slot_counts *counts)
{
	int error = 0;

	for (unsigned int d = 0; !error && d < KIDOS_DIRECTIONS; d++)
		error = kidos_maps_totals(&engine->maps, slot, d, &counts->totals[d]);
	counts->read = !error;
	return error;
}

void kidos_totals_sum(const struct kidos_totals totals[KIDOS_DIRECTIONS],
		      struct kidos_sum sums[KIDOS_DIRECTIONS])
{
	memset(sums, 0, KIDOS_DIRECTIONS * sizeof(*sums));
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
			const struct kidos_count *hook = &totals[d].hook[c];
			const struct kidos_count *extra = &totals[d].extra[c];

			sums[d].hook_packets += hook->packets;
			sums[d].hook_bytes += hook->bytes;
			sums[d].wire_packets += hook->packets + extra->packets;
			sums[d].wire_bytes += hook->bytes + extra->bytes;
		}
}

/* tc egress comes before the qdisc: what that or the driver drops was sent by us all the same. */
void kidos_span_widen(struct kidos_span span[KIDOS_DIRECTIONS],
		      const struct kidos_link_counters *counters, bool first)
{
	uint64_t sent = counters->packets[KIDOS_TX] + counters->dropped[KIDOS_TX] +
			counters->qdisc_drops;
	uint64_t counts[KIDOS_DIRECTIONS] = { counters->packets[KIDOS_RX], sent };

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		if (first)
			span[d].low = counts[d];
		span[d].high = counts[d];
	}
	span[KIDOS_TX].high += counters->qdisc_queued;
}

static uint64_t ours_of(const struct kidos_slot *slot, const struct kidos_sum *sums,
			unsigned int direction)
{
	return slot->wire[direction] ? sums[direction].wire_packets : sums[direction].hook_packets;
}

/* Distances of one slot, whose base was read at attach; true if all are 0. */
static bool slot_conserve(struct kidos_slot *slot, const struct kidos_sum sums[KIDOS_DIRECTIONS],
			  const struct kidos_span now[KIDOS_DIRECTIONS])
{
	bool settled = true;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		struct kidos_span since = { now[d].low - slot->base[d].high,
					    now[d].high - slot->base[d].low };

		if (slot->rung[d] == KIDOS_RUNG_NONE)
			continue;
		slot->unaccounted[d] =
			kidos_unaccounted(ours_of(slot, sums, d) - slot->base_ours[d], &since);
		settled = settled && !slot->unaccounted[d];
	}
	return settled;
}

static bool ports_span(struct kidos_world *world, struct kidos_span (*spans)[KIDOS_DIRECTIONS],
		       bool first)
{
	struct kidos_links links;
	const struct kidos_link *link;

	if (!world->rtnl || kidos_rtnl_links(world->rtnl, &links))
		return false;
	for (size_t i = 0; i < world->port_count; i++) {
		link = kidos_links_find(&links, world->ports[i].name);
		if (link && link->ifindex == world->ports[i].ifindex)
			kidos_span_widen(spans[i], &link->counters, first);
	}
	kidos_links_free(&links);
	return true;
}

static bool is_counted(const struct kidos_engine *engine, const struct kidos_port_state *port)
{
	return port->slot != KIDOS_SLOT_OTHER &&
	       engine->slots[port->slot].state == KIDOS_SLOT_ATTACHED;
}

static bool ports_read(const struct kidos_engine *engine, const struct kidos_world *world,
		       struct kidos_slot_counts *counts)
{
	for (size_t i = 0; i < world->port_count; i++)
		if (is_counted(engine, &world->ports[i]) &&
		    kidos_slot_read(engine, world->ports[i].slot, &counts[world->ports[i].slot]))
			return false;
	return true;
}

static bool ports_conserve(const struct kidos_engine *engine, const struct kidos_world *world,
			   const struct kidos_slot_counts *counts,
			   const struct kidos_span (*spans)[KIDOS_DIRECTIONS])
{
	struct kidos_sum sums[KIDOS_DIRECTIONS];
	bool settled = true;

	for (size_t i = 0; i < world->port_count; i++) {
		if (!is_counted(engine, &world->ports[i]))
			continue;
		kidos_totals_sum(counts[world->ports[i].slot].totals, sums);
		settled = slot_conserve(&engine->slots[world->ports[i].slot], sums, spans[i]) &&
			  settled;
	}
	return settled;
}

/* Ours are read again until packets that the driver had counted came by the hook. */
static void world_conserve(const struct kidos_engine *engine, struct kidos_world *world,
			   struct kidos_slot_counts *counts)
{
	const struct timespec pause = { .tv_nsec = SETTLE_NS };
	struct kidos_span(*spans)[KIDOS_DIRECTIONS] = calloc(world->port_count, sizeof(*spans));
	bool read = spans && ports_span(world, spans, true);

	for (int attempt = 0; read && attempt < SETTLE_ATTEMPTS; attempt++) {
		if (attempt)
			nanosleep(&pause, NULL);
		if (!ports_read(engine, world, counts) || !ports_span(world, spans, false) ||
		    ports_conserve(engine, world, counts, spans))
			break;
	}
	free(spans);
}

void kidos_conserve(struct kidos_engine *engine, struct kidos_slot_counts *counts)
{
	for (size_t i = 0; i < engine->world_count; i++)
		if (engine->worlds[i].port_count)
			world_conserve(engine, &engine->worlds[i], counts);
}
