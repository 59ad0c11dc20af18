/* SPDX-License-Identifier: MIT */
#include "links/routes.h"
#include "netlink/nexthop.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

/* What a message changes. */
struct change {
	struct kidos_routes *routes;
	struct kidos_route route; /* its next hop is filled in one by one */
	bool removed;
	bool changed;
};

static uint32_t attribute_u32(const struct nlmsghdr *message, uint16_t type, uint32_t without)
{
	const struct nlattr *attribute;

	mnl_attr_for_each (attribute, message, sizeof(struct rtmsg))
		if (mnl_attr_get_type(attribute) == type &&
		    mnl_attr_get_payload_len(attribute) >= sizeof(uint32_t))
			return mnl_attr_get_u32(attribute);
	return without;
}

static bool same_route(const struct kidos_route *one, const struct kidos_route *other)
{
	return one->family == other->family && one->table == other->table &&
	       one->metric == other->metric && one->tos == other->tos;
}

static bool same_hop(const struct kidos_route *one, const struct kidos_route *other)
{
	return same_route(one, other) && one->nexthop == other->nexthop &&
	       one->ifindex == other->ifindex;
}

static void remove_at(struct kidos_routes *routes, size_t index)
{
	routes->items[index] = routes->items[--routes->count];
}

static void remove_route(struct change *change)
{
	for (size_t i = change->routes->count; i-- > 0;)
		if (same_route(&change->routes->items[i], &change->route))
			remove_at(change->routes, i);
}

static void add_hop(struct kidos_routes *routes, const struct kidos_route *hop)
{
	struct kidos_route *items =
		reallocarray(routes->items, routes->count + 1, sizeof(*routes->items));

	if (!items) {
		routes->failed = true;
		return;
	}
	routes->items = items;
	items[routes->count++] = *hop;
}

static void take_hop(struct change *change)
{
	struct kidos_routes *routes = change->routes;

	for (size_t i = 0; i < routes->count; i++) {
		if (!same_hop(&routes->items[i], &change->route))
			continue;
		if (change->removed) {
			remove_at(routes, i);
			change->changed = true;
		}
		return;
	}
	if (change->removed)
		return;
	add_hop(routes, &change->route);
	change->changed = true;
}

static void take_oif(unsigned int ifindex, void *data)
{
	struct change *change = data;

	change->route.ifindex = ifindex;
	take_hop(change);
}

bool kidos_routes_take(struct kidos_routes *routes, const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct change change = { .routes = routes, .removed = message->nlmsg_type == RTM_DELROUTE };

	if (!kn_route_is_default(message))
		return false;
	change.route = (struct kidos_route){
		.family = header->rtm_family,
		.tos = header->rtm_tos,
		.table = attribute_u32(message, RTA_TABLE, header->rtm_table),
		.metric = attribute_u32(message, RTA_PRIORITY, 0),
		.nexthop = attribute_u32(message, RTA_NH_ID, 0),
	};
	if (message->nlmsg_type == RTM_NEWROUTE && message->nlmsg_flags & NLM_F_REPLACE) {
		remove_route(&change);
		change.changed = true;
	}
	/* What the object leads to is asked of the kernel: the message may have it or not. */
	if (change.route.nexthop)
		take_hop(&change);
	else
		kn_route_oifs(message, take_oif, &change);
	return change.changed;
}

void kidos_routes_drop_link(struct kidos_routes *routes, unsigned int ifindex)
{
	for (size_t i = routes->count; i-- > 0;)
		if (routes->items[i].ifindex == ifindex)
			remove_at(routes, i);
}

bool kidos_routes_have_objects(const struct kidos_routes *routes)
{
	for (size_t i = 0; i < routes->count; i++)
		if (routes->items[i].nexthop)
			return true;
	return false;
}

void kidos_routes_clear(struct kidos_routes *routes)
{
	free(routes->items);
	*routes = (struct kidos_routes){};
}
