/* SPDX-License-Identifier: MIT */
#include "engine_drop_ports.h"

#include <stdlib.h>

/* By slot: an interface that comes back goes on where it was. */
struct port {
	unsigned int ifindex; /* whose counters were read; 0: none yet */
	uint64_t missed, overrun;
};

struct kidos_drop_ports {
	unsigned int slots;
	struct port ports[];
};

struct kidos_drop_ports *kidos_drop_ports_new(unsigned int slots)
{
	struct kidos_drop_ports *ports = calloc(1, sizeof(*ports) + slots * sizeof(struct port));

	if (ports)
		ports->slots = slots;
	return ports;
}

void kidos_drop_ports_free(struct kidos_drop_ports *ports)
{
	free(ports);
}

/* A driver that was reset starts from 0. */
static uint64_t gained(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

/* Some drivers tell one loss under both names: what both have is missed. */
static void take_losses(struct port *port, const struct kidos_link *link,
			struct kidos_drop_tally *tally)
{
	struct kidos_drop_kind missed = { .reason = "driver_rx_missed",
					  .place = "driver",
					  .class = KIDOS_CLASS_OTHER };
	struct kidos_drop_kind overrun = { .reason = "driver_rx_over",
					   .place = "driver",
					   .class = KIDOS_CLASS_OTHER };
	uint64_t first = gained(link->missed, port->missed);
	uint64_t second = gained(link->overrun, port->overrun);

	if (port->ifindex == link->ifindex && first)
		kidos_drop_tally_add(tally, &missed, first);
	if (port->ifindex == link->ifindex && second > first)
		kidos_drop_tally_add(tally, &overrun, second - first);
	port->ifindex = link->ifindex;
	port->missed = link->missed;
	port->overrun = link->overrun;
}

static void read_world(struct kidos_drop_ports *ports, const struct kidos_world *world,
		       struct kidos_drop_tally *tally)
{
	const struct kidos_link *link;
	struct kidos_links links;

	if (!world->rtnl || !world->port_count || kidos_rtnl_links(world->rtnl, &links))
		return;
	for (size_t i = 0; i < world->port_count; i++) {
		link = kidos_links_find(&links, world->ports[i].name);
		if (link && link->ifindex == world->ports[i].ifindex && world->ports[i].slot)
			take_losses(&ports->ports[world->ports[i].slot], link, tally);
	}
	kidos_links_free(&links);
}

void kidos_drop_ports_read(struct kidos_drop_ports *ports, const struct kidos_engine *engine,
			   struct kidos_drop_tally *tally)
{
	/* Another interface may have the slot next, and by chance the index. */
	for (unsigned int slot = 0; slot < ports->slots; slot++)
		if (engine->slots[slot].silent)
			ports->ports[slot].ifindex = 0;
	for (size_t i = 0; i < engine->world_count; i++)
		read_world(ports, &engine->worlds[i], tally);
}

void kidos_drop_ports_pause(struct kidos_drop_ports *ports)
{
	for (unsigned int slot = 0; slot < ports->slots; slot++)
		ports->ports[slot].ifindex = 0;
}
