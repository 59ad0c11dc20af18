/* SPDX-License-Identifier: MIT */
#include "links/link.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <stdlib.h>
#include <string.h>

#define HOOK KIDOS_UNIT_HOOK
#define WIRE KIDOS_UNIT_WIRE
#define BETWEEN KIDOS_UNIT_BETWEEN
#define UNKNOWN KIDOS_UNIT_UNKNOWN
#define AT_LEAST KIDOS_UNIT_AT_LEAST
#define PAD 46 /* what hardware fills a frame up with, at most */

/*
 * Read in the drivers of 5.10 to 6.18. Between: a link without segmentation
 * offload gets its segments after tc, GRO joins them before it but after the
 * driver counted; a tag in the frame that was sent is in the metadata of what
 * tc sees.
 */
static const struct kidos_driver drivers[] = {
	/* Without the Ethernet header while the receiving end has XDP or GRO on. */
	{ "veth", { { BETWEEN, BETWEEN, -14, 0 }, { BETWEEN, BETWEEN, -14, 0 } }, false },
	{ "bridge", { { HOOK, BETWEEN, -14, -14 }, { BETWEEN, BETWEEN, 0, 0 } }, false },
	{ "tun", { { BETWEEN, BETWEEN, 0, 0 }, { BETWEEN, BETWEEN, 0, 0 } }, false },
	{ "macvlan", { { HOOK, BETWEEN, 0, 0 }, { BETWEEN, BETWEEN, 0, 0 } }, false },
	{ "802.1Q VLAN Support",
	  { { HOOK, BETWEEN, -14, -14 }, { BETWEEN, BETWEEN, 0, 0 } },
	  false },
	{ "loopback", { { HOOK, BETWEEN, -14, -14 }, { BETWEEN, BETWEEN, -14, -14 } }, false },
	/* Handshakes and keepalives; IPCP and its like. */
	{ "wireguard", { { AT_LEAST, UNKNOWN, 0, 0 }, { AT_LEAST, UNKNOWN, 0, 0 } }, false },
	{ "ppp", { { AT_LEAST, UNKNOWN, 0, 0 }, { AT_LEAST, UNKNOWN, 0, 0 } }, false },
	{ "virtio_net", { { BETWEEN, BETWEEN, 0, 0 }, { BETWEEN, BETWEEN, 0, 0 } }, false },
	/* With FCS; QEMU's leaves it out of what it sends. */
	{ "e1000e", { { WIRE, WIRE, 4, 4 + PAD }, { WIRE, WIRE, 0, 4 + PAD } }, false },
};

static const struct kidos_driver unknown_physical = {
	"", { { WIRE, WIRE, 0, 4 + PAD }, { WIRE, WIRE, 0, 4 + PAD } }, false
};
static const struct kidos_driver unknown_virtual = {
	"", { { UNKNOWN, UNKNOWN, 0, 0 }, { UNKNOWN, UNKNOWN, 0, 0 } }, false
};

/* ethtool knows no driver of loopback, nor of some virtual links on newer kernels. */
static const char *name_of(const struct kidos_link *link)
{
	if (link->type == ARPHRD_LOOPBACK)
		return "loopback";
	return *link->driver ? link->driver : link->kind;
}

const struct kidos_driver *kidos_driver_of(const struct kidos_link *link)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(drivers[i].name, name_of(link)))
			return &drivers[i];
	return link->has_device ? &unknown_physical : &unknown_virtual;
}

bool kidos_link_is_called(const struct kidos_link *link, const char *name)
{
	if (!strcmp(link->name, name))
		return true;
	for (const char *at = link->altnames; *at; at += strlen(at) + 1)
		if (!strcmp(at, name))
			return true;
	return false;
}

bool kidos_link_is_ethernet(const struct kidos_link *link)
{
	return link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
}

struct kidos_link *kidos_links_at(const struct kidos_links *links, unsigned int ifindex)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].ifindex == ifindex)
			return &links->items[i];
	return NULL;
}

const struct kidos_link *kidos_links_find(const struct kidos_links *links, const char *name)
{
	for (size_t i = 0; i < links->count; i++)
		if (!strcmp(links->items[i].name, name))
			return &links->items[i];
	return NULL;
}

static void remove_same(struct kidos_links *links, const struct kidos_link *link)
{
	for (size_t i = links->count; i-- > 0;)
		if (links->items[i].ifindex == link->ifindex ||
		    (*link->name && !strcmp(links->items[i].name, link->name)))
			links->items[i] = links->items[--links->count];
}

int kidos_links_merge(struct kidos_links *links, struct kidos_links *newer)
{
	struct kidos_link *items;

	for (size_t i = 0; i < newer->count; i++)
		remove_same(links, &newer->items[i]);
	if (newer->count) {
		items = reallocarray(links->items, links->count + newer->count, sizeof(*items));
		if (!items) {
			kidos_links_free(newer);
			return -ENOMEM;
		}
		memcpy(items + links->count, newer->items, newer->count * sizeof(*items));
		links->items = items;
		links->count += newer->count;
	}
	kidos_links_free(newer);
	return 0;
}

void kidos_links_free(struct kidos_links *links)
{
	free(links->items);
	links->items = NULL;
	links->count = 0;
}
