/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_ROUTE_H
#define KN_UPLINK_ROUTE_H

/* Routes as the kernel tells them: which interface they use, and how they are told it again. Pure:
 * from message to message.
 */
#include "journal.h"
#include "read.h"

#include <linux/rtnetlink.h>

/* What makes a route an interface's: its number, or a nexthop object (kernel 5.3) on it. */
struct kn_uses {
	int ifindex;
	const struct kn_saved_list *nexthops; /* by number: objects and groups; may be NULL */
};

/* RTNH_OK looks into a hop before it has asked whether there is room for one. */
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
 * bytes. Its paths by interface `from` lead by `to`. A lifetime goes on from where it was. only:
 * this one of its paths instead of all.
 */
struct nlmsghdr *kn_route_again(void *buf, const struct nlmsghdr *saved, int from, int to,
				const struct kn_path *only);

#endif
