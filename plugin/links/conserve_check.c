/* SPDX-License-Identifier: MIT */
/*
 * conserve_check.c: the conservation check. Ours are read between two reads
 * of the interface's counters; whatever lies outside that span is unaccounted.
 */
#include "links/conserve_check.h"
#include "links/mnl_links.h"
#include "netlink/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SETTLE_ATTEMPTS 5
#define SETTLE_NS 1000000 /* for packets between the driver's counter and the hook */

int kidos_slot_read(const struct kidos_context *context, unsigned int slot,
		    struct kidos_slot_counts *counts)
{
	int error = 0;

	for (unsigned int d = 0; !error && d < KIDOS_DIRECTIONS; d++)
		error = kidos_maps_totals(&context->maps, slot, d, &counts->totals[d]);
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

int kidos_slot_sums(const struct kidos_context *context, unsigned int slot,
		    struct kidos_sum sums[KIDOS_DIRECTIONS])
{
	struct kidos_slot_counts counts;
	int error = kidos_slot_read(context, slot, &counts);

	if (!error)
		kidos_totals_sum(counts.totals, sums);
	return error;
}

/* Distances of one port; true if all are 0. */
static bool port_conserve(struct kidos_slot *slot, struct kidos_port_state *port,
			  const struct kidos_sum ours[KIDOS_DIRECTIONS],
			  const struct kidos_own own[KIDOS_DIRECTIONS])
{
	bool settled = true;

	if (port->rebase) {
		memcpy(port->base.ours, ours, sizeof(port->base.ours));
		memcpy(port->base.own, own, sizeof(port->base.own));
		port->rebase = false;
	}
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		struct kidos_distance distance;

		if (slot->rung[d] == KIDOS_RUNG_NONE ||
		    port->driver->rules[d].packets == KIDOS_UNIT_UNKNOWN)
			continue;
		distance = kidos_unaccounted(&port->driver->rules[d], &port->base, d, &ours[d],
					     &own[d]);
		slot->measured[d] = true;
		slot->unaccounted[d] = distance.packets;
		slot->unaccounted_bytes[d] = distance.bytes;
		settled = settled && !distance.packets && !distance.bytes;
	}
	return settled;
}

static void port_own(struct kidos_port_state *port, const struct kidos_link_counters *counters,
		     struct kidos_own own[KIDOS_DIRECTIONS], bool first)
{
	port->rebase = port->rebase || kidos_counters_restarted(&port->own, counters);
	port->own = *counters;
	kidos_own_widen(own, counters, first);
}

static bool ports_own(struct kidos_namespace *ns, struct kidos_own (*own)[KIDOS_DIRECTIONS],
		      bool first)
{
	struct kidos_links links;
	const struct kidos_link *link;

	if (!ns->rtnl || kidos_rtnl_counters(ns->rtnl, &links))
		return false;
	for (size_t i = 0; i < ns->port_count; i++) {
		link = kidos_links_at(&links, ns->ports[i].ifindex);
		ns->ports[i].unread = !link;
		if (!ns->ports[i].unread)
			port_own(&ns->ports[i], &link->counters, own[i], first);
	}
	kidos_links_free(&links);
	return true;
}

static bool is_counted(const struct kidos_context *context, const struct kidos_port_state *port)
{
	const struct kidos_slot *slot = &context->slots[port->slot];

	return port->slot != KIDOS_SLOT_OTHER &&
	       (slot->rung[KIDOS_RX] != KIDOS_RUNG_NONE || slot->rung[KIDOS_TX] != KIDOS_RUNG_NONE);
}

static bool ports_read(const struct kidos_context *context, const struct kidos_namespace *ns,
		       struct kidos_slot_counts *counts)
{
	for (size_t i = 0; i < ns->port_count; i++)
		if (is_counted(context, &ns->ports[i]) &&
		    kidos_slot_read(context, ns->ports[i].slot, &counts[ns->ports[i].slot]))
			return false;
	return true;
}

static bool ports_conserve(const struct kidos_context *context, struct kidos_namespace *ns,
			   const struct kidos_slot_counts *counts,
			   const struct kidos_own (*own)[KIDOS_DIRECTIONS])
{
	struct kidos_sum sums[KIDOS_DIRECTIONS];
	bool settled = true;

	for (size_t i = 0; i < ns->port_count; i++) {
		struct kidos_port_state *port = &ns->ports[i];

		if (!is_counted(context, port) || port->unread)
			continue;
		kidos_totals_sum(counts[port->slot].totals, sums);
		settled = port_conserve(&context->slots[port->slot], port, sums, own[i]) && settled;
	}
	return settled;
}

/* What is not measured from now on must not look as if it were. */
static void measured_forget(const struct kidos_context *context, const struct kidos_namespace *ns)
{
	for (size_t i = 0; i < ns->port_count; i++) {
		struct kidos_slot *slot = &context->slots[ns->ports[i].slot];

		memset(slot->measured, 0, sizeof(slot->measured));
	}
}

/* Ours are read again until packets that the driver had counted came by the hook. */
static void namespace_conserve(const struct kidos_context *context, struct kidos_namespace *ns,
			       struct kidos_slot_counts *counts)
{
	const struct timespec pause = { .tv_nsec = SETTLE_NS };
	_cleanup_free_ struct kidos_own(*own)[KIDOS_DIRECTIONS] =
		calloc(ns->port_count, sizeof(*own));
	bool read = own && ports_own(ns, own, true);

	measured_forget(context, ns);
	for (int attempt = 0; read && attempt < SETTLE_ATTEMPTS; attempt++) {
		if (attempt)
			nanosleep(&pause, NULL);
		if (!ports_read(context, ns, counts) || !ports_own(ns, own, false) ||
		    ports_conserve(context, ns, counts, own))
			break;
	}
}

void kidos_conserve(struct kidos_context *context, struct kidos_slot_counts *counts)
{
	for (size_t i = 0; i < context->namespace_count; i++)
		if (context->namespaces[i].port_count)
			namespace_conserve(context, &context->namespaces[i], counts);
}
