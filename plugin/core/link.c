/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <linux/if_arp.h>
#include <stdlib.h>
#include <string.h>

/* Read in the drivers of 5.10 to 6.18; those that count skbs at the point where tc sees them too. */
static const struct kidos_driver drivers[] = {
	{ "veth", { false, false }, false },
	{ "bridge", { false, false }, false },
	{ "tun", { false, false }, false },
	{ "macvlan", { false, false }, false },
	{ "802.1Q VLAN Support", { false, false }, false },
	{ "virtio_net", { true, false }, false },
	{ "e1000e", { true, true }, false },
};

static const struct kidos_driver unknown_physical = { "", { true, true }, false };
static const struct kidos_driver unknown_virtual = { "", { false, false }, false };

const struct kidos_driver *kidos_driver_of(const struct kidos_link *link)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(drivers[i].name, link->driver))
			return &drivers[i];
	return link->has_device ? &unknown_physical : &unknown_virtual;
}

bool kidos_link_is_ethernet(const struct kidos_link *link)
{
	return link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
}

const struct kidos_link *kidos_links_find(const struct kidos_links *links, const char *name)
{
	for (size_t i = 0; i < links->count; i++)
		if (!strcmp(links->items[i].name, name))
			return &links->items[i];
	return NULL;
}

void kidos_links_free(struct kidos_links *links)
{
	free(links->items);
	links->items = NULL;
	links->count = 0;
}
