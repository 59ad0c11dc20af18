/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_ROUTE_H
#define KN_UPLINK_ROUTE_H

/* Routes as dumped by the kernel: which interface they use, and the messages that make them again.
 * Pure: from message to message.
 */
#include "journal.h"
#include "read.h"

#include <linux/rtnetlink.h>

/* A route uses an interface by its ifindex, or by a nexthop object (kernel 5.3) on it. */
struct kn_uses {
	int ifindex;
	const struct kn_saved_list *nexthops; /* by number: objects and groups; may be NULL */
};

/* RTNH_OK reads a hop before it checks that there is room for one. */
static inline bool kn_hop_ok(const struct rtnexthop *hop, int left)
{
	return left >= (int)sizeof(*hop) && RTNH_OK(hop, left);
}

/* Every path of the route, with the attributes of its own: attrs of len bytes. For an object in
 * place of a path once, with ifindex 0.
 */
struct kn_path {
	int ifindex;
	const struct rtnexthop *hop; /* of a multipath route, else NULL */
	const void *attrs;
	size_t len;
};
typedef void kn_each_path(const struct kn_path *path, void *data);
void kn_route_paths(const struct nlmsghdr *nlh, kn_each_path *each, void *data);

/* The number of the route's nexthop object, 0 if it has none. */
uint32_t kn_route_object(const struct nlmsghdr *nlh);

/* True if it leaves by this interface, by one of several paths too. */
bool kn_route_uses(const struct nlmsghdr *nlh, const struct kn_uses *uses);

/* Writes the message that makes a route again into buf, which has room for the saved one and 64
 * bytes more. Paths by interface `from` become paths by `to`. A lifetime continues from where it
 * was. only: this path instead of all.
 */
struct nlmsghdr *kn_route_again(void *buf, const struct nlmsghdr *saved, int from, int to,
				const struct kn_path *only);

#endif
