/* SPDX-License-Identifier: MIT */
#include "drops/ports.h"
#include "abi_policy.h"
#include "core/log.h"
#include "core/now.h"
#include "drops/counts.h"
#include "links/driver_stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Each ethtool request waits for the kernel's RTNL lock, behind whoever attaches to hundreds of
 * links. Losses add up, so that what one poll has no time for the next one reads.
 */
#define READ_NS 50000000u

/* By slot: an interface that comes back goes on where it was. */
struct port {
	bool waits; /* to be read before those that were */
	unsigned int ifindex; /* whose counters were read; 0: none yet */
	uint64_t lost[KIDOS_DRIVER_LOSSES]; /* as last read */
	uint64_t untraced; /* the most that its XDP dropped and no probe saw, see below */
	struct kidos_driver_stats stats;
	uint64_t policed; /* packets that our policy dropped, as last read */
};

struct kidos_drop_ports {
	unsigned int slots;
	struct port ports[];
};

static void all_wait(struct kidos_drop_ports *ports)
{
	for (unsigned int slot = 0; slot < ports->slots; slot++)
		ports->ports[slot].waits = true;
}

struct kidos_drop_ports *kidos_drop_ports_new(unsigned int slots)
{
	struct kidos_drop_ports *ports = calloc(1, sizeof(*ports) + slots * sizeof(struct port));

	if (!ports)
		return NULL;
	ports->slots = slots;
	all_wait(ports);
	return ports;
}

void kidos_drop_ports_free(struct kidos_drop_ports *ports)
{
	for (unsigned int slot = 0; ports && slot < ports->slots; slot++)
		kidos_driver_stats_free(&ports->ports[slot].stats);
	free(ports);
}

/* What a reading of one interface goes by. */
struct reading {
	const struct kidos_drop_maps *maps;
	const struct kidos_maps *traffic;
	const struct kidos_symbols *symbols;
	const struct kidos_namespace *ns;
	const struct kidos_port_state *state;
	struct port *port;
	uint64_t until; /* CLOCK_MONOTONIC, ns */
	bool first;
	uint64_t traced;
};

/* A key is there from the first reading on: later the map may be full. */
static void report(const struct reading *reading, unsigned int loss, bool policy, uint64_t packets)
{
	struct kidos_drop_key key = {
		.place = KIDOS_PLACE_DRIVER,
		.reason = KIDOS_REASON_DRIVER + loss,
		.netns = (uint32_t)reading->ns->inode,
		.ifindex = reading->state->ifindex,
		.class = KIDOS_CLASS_OTHER,
		.policy = policy,
	};
	int error =
		packets || reading->first ? kidos_drop_maps_add(reading->maps, &key, packets) : 0;

	if (error)
		kidos_log(LOG_WARNING, "what %s lost: %s", reading->state->name, strerror(-error));
}

static bool take_traced(const struct kidos_drop_key *key, uint64_t count, void *context)
{
	struct reading *reading = context;
	char place[KIDOS_SYMBOL];

	if (key->ifindex != reading->state->ifindex || key->netns != (uint32_t)reading->ns->inode ||
	    key->place == KIDOS_PLACE_DRIVER)
		return true;
	/* A drop without a place may be one of them: rather too few than one twice. */
	if (!key->place ||
	    kidos_loss_traced_at(kidos_symbol_name(reading->symbols, key->place, NULL, place)))
		reading->traced += count;
	return true;
}

static uint64_t traced(struct reading *reading)
{
	reading->traced = 0;
	if (kidos_drop_counts_each(reading->maps->fd[KIDOS_DROP_MAP_COUNTS], take_traced, reading))
		return UINT64_MAX;
	return reading->traced;
}

/*
 * Of a driver whose XDP drops skbs too, which the probe saw: what is left are
 * frames. The probe's counts are read later than the driver's, at first
 * earlier: a packet between the two is counted late or not at all, never twice.
 */
static uint64_t untraced(struct reading *reading, uint64_t dropped, uint64_t before)
{
	struct port *port = reading->port;
	uint64_t seen, left, gained;

	if (!reading->symbols || (!reading->first && dropped == port->lost[KIDOS_DRIVER_XDP_DROP]))
		return 0;
	seen = reading->first ? before : traced(reading);
	left = dropped > seen ? dropped - seen : 0;
	gained = left > port->untraced ? left - port->untraced : 0;
	if (reading->first || gained)
		port->untraced = left;
	return gained;
}

/* A driver that was reset starts from 0. */
static uint64_t gained(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

/* With fewer queues there is less: that is no reset. */
static uint64_t risen(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/*
 * What our policy dropped where there is no skb yet: at native XDP of a driver
 * that gives it pages. The driver's own count has it too, if it has one.
 */
static uint64_t take_policed(struct reading *reading, uint64_t *dropped)
{
	uint32_t rung = reading->state->attachments[KIDOS_RX].rung;
	struct kidos_totals totals;
	uint64_t now, more;

	if ((rung != KIDOS_RUNG_XDP_NATIVE && rung != KIDOS_RUNG_XDP_SHARED) ||
	    kidos_loss_is_traced(reading->state->driver->name) ||
	    kidos_maps_totals(reading->traffic, reading->state->slot, KIDOS_RX, &totals))
		return 0;
	now = totals.outcomes[KIDOS_OUTCOME_DROPPED] + totals.outcomes[KIDOS_OUTCOME_FAILED_CLOSED];
	more = risen(now, reading->port->policed);
	reading->port->policed = now;
	*dropped = risen(*dropped, more);
	return reading->first ? 0 : more;
}

/* Some drivers tell one loss under both names: what both have is missed. */
static void take_losses(struct reading *reading, uint64_t lost[KIDOS_DRIVER_LOSSES],
			uint64_t traced_before)
{
	const uint64_t *last = reading->port->lost;
	uint64_t more[KIDOS_DRIVER_LOSSES] = {
		[KIDOS_DRIVER_RX_MISSED] =
			gained(lost[KIDOS_DRIVER_RX_MISSED], last[KIDOS_DRIVER_RX_MISSED]),
		[KIDOS_DRIVER_RX_OVER] =
			gained(lost[KIDOS_DRIVER_RX_OVER], last[KIDOS_DRIVER_RX_OVER]),
		[KIDOS_DRIVER_XDP_DROP] =
			risen(lost[KIDOS_DRIVER_XDP_DROP], last[KIDOS_DRIVER_XDP_DROP]),
		[KIDOS_DRIVER_XDP_ERROR] =
			risen(lost[KIDOS_DRIVER_XDP_ERROR], last[KIDOS_DRIVER_XDP_ERROR]),
	};

	uint64_t policed;

	more[KIDOS_DRIVER_RX_OVER] =
		risen(more[KIDOS_DRIVER_RX_OVER], more[KIDOS_DRIVER_RX_MISSED]);
	if (kidos_loss_is_traced(reading->state->driver->name))
		more[KIDOS_DRIVER_XDP_DROP] =
			untraced(reading, lost[KIDOS_DRIVER_XDP_DROP], traced_before);
	policed = take_policed(reading, &more[KIDOS_DRIVER_XDP_DROP]);
	if (policed)
		report(reading, KIDOS_DRIVER_XDP_DROP, true, policed);
	for (unsigned int loss = 0; loss < KIDOS_DRIVER_LOSSES; loss++)
		report(reading, loss, false, reading->first ? 0 : more[loss]);
	memcpy(reading->port->lost, lost, sizeof(reading->port->lost));
}

/* What cannot be read is as it was. */
static void read_port(struct reading *reading, const struct kidos_link *link)
{
	struct port *port = reading->port;
	const char *driver = reading->state->driver->name;
	uint64_t lost[KIDOS_DRIVER_LOSSES] = {}, traced_before = 0;
	int error;

	reading->first = port->ifindex != link->ifindex;
	if (reading->first) {
		kidos_driver_stats_free(&port->stats);
		port->ifindex = link->ifindex;
		port->untraced = 0;
		memset(port->lost, 0, sizeof(port->lost));
		if (kidos_loss_is_traced(driver))
			traced_before = traced(reading);
	}
	error = kidos_driver_stats_read(&port->stats, reading->ns->rtnl, reading->state->name,
					driver, lost);
	if (error)
		kidos_log(LOG_DEBUG, "ethtool statistics of %s: %s", reading->state->name,
			  strerror(-error));
	if (error || port->stats.refused)
		memcpy(lost, port->lost, sizeof(lost));
	lost[KIDOS_DRIVER_RX_MISSED] = link->missed;
	lost[KIDOS_DRIVER_RX_OVER] = link->overrun;
	take_losses(reading, lost, traced_before);
}

static bool has_time(const struct reading *reading)
{
	return kidos_now_ns(CLOCK_MONOTONIC) < reading->until;
}

static bool is_readable(const struct reading *reading)
{
	const struct kidos_port_state *state = reading->state;

	return state->slot && state->driver && reading->port->waits &&
	       kidos_rtnl_index(reading->ns->rtnl, state->name) == state->ifindex;
}

static void read_namespace(struct kidos_drop_ports *ports, struct reading *reading)
{
	const struct kidos_namespace *ns = reading->ns;
	const struct kidos_link *link;
	struct kidos_links links;

	if (!ns->rtnl || !ns->port_count || kidos_rtnl_counters(ns->rtnl, &links))
		return;
	for (size_t i = 0; i < ns->port_count && has_time(reading); i++) {
		reading->state = &ns->ports[i];
		reading->port = &ports->ports[reading->state->slot];
		link = kidos_links_at(&links, reading->state->ifindex);
		if (link && is_readable(reading))
			read_port(reading, link);
		reading->port->waits = false;
	}
	kidos_links_free(&links);
}

static void read_namespaces(struct kidos_drop_ports *ports, const struct kidos_context *context,
			    struct reading *reading)
{
	for (size_t i = 0; i < context->namespace_count && has_time(reading); i++) {
		reading->ns = &context->namespaces[i];
		read_namespace(ports, reading);
	}
}

void kidos_drop_ports_read(struct kidos_drop_ports *ports, const struct kidos_context *context,
			   const struct kidos_drop_maps *maps, const struct kidos_symbols *symbols)
{
	struct reading reading = { .maps = maps,
				   .traffic = &context->maps,
				   .symbols = symbols,
				   .until = kidos_now_ns(CLOCK_MONOTONIC) + READ_NS };

	/* Another interface may have the slot next, and by chance the index. */
	for (unsigned int slot = 0; slot < ports->slots; slot++)
		if (context->slots[slot].silent)
			ports->ports[slot].ifindex = 0;
	read_namespaces(ports, context, &reading);
	if (has_time(&reading))
		all_wait(ports);
}

void kidos_drop_ports_pause(struct kidos_drop_ports *ports)
{
	for (unsigned int slot = 0; slot < ports->slots; slot++)
		ports->ports[slot].ifindex = 0;
}
