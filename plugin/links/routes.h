/* SPDX-License-Identifier: MIT */
/*
 * routes.h: the default routes of a namespace, read from the kernel's messages
 * about routes: a dump at first, then each change. Whatever family, table and
 * metric: a table that rules reach leads out as well as the main one.
 */
#ifndef KIDOS_LINKS_ROUTES_H
#define KIDOS_LINKS_ROUTES_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A next hop of a default route. */
struct kidos_route {
	uint32_t table, metric;
	uint32_t nexthop; /* id of the object that says where it leads; 0: ifindex says */
	unsigned int ifindex;
	uint8_t family, tos;
};

struct kidos_routes {
	struct kidos_route *items;
	size_t count;
	bool failed; /* out of memory: some are missing */
};

/*
 * Takes a message of a dump or of a change, RTM_NEWROUTE or RTM_DELROUTE.
 * True if the default routes are others than before.
 */
bool kidos_routes_take(struct kidos_routes *routes, const struct nlmsghdr *message);

/* The interface has gone; its index may be another's next. The kernel reports no route of it. */
void kidos_routes_drop_link(struct kidos_routes *routes, unsigned int ifindex);

/* Does any lead where a nexthop object says? */
bool kidos_routes_have_objects(const struct kidos_routes *routes);

/* Forgets all of them. */
void kidos_routes_clear(struct kidos_routes *routes);

#endif
