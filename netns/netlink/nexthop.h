/* SPDX-License-Identifier: MIT */
#ifndef KN_NETLINK_NEXTHOP_H
#define KN_NETLINK_NEXTHOP_H

/* Where a route leads: the interfaces of its one next hop, of several (multipath), or of the
 * nexthop object that it names (kernel 5.3), which may be a group.
 */
#include "netlink/talk.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void kn_oif_each(unsigned int ifindex, void *data);

/* Is this message, RTM_NEWROUTE or RTM_DELROUTE, of a route to everywhere that has next hops? Of
 * any family, table and metric, and whatever source it is for.
 */
bool kn_route_is_default(const struct nlmsghdr *nlh);

/* Hands each the interfaces that a route's message names. Returns the id of the route's nexthop
 * object, or 0. Its interfaces may be among them already (sysctl net.ipv4.nexthop_compat_mode), but
 * the object may change without a message of the route: ask kn_nexthop_oifs.
 */
uint32_t kn_route_oifs(const struct nlmsghdr *nlh, kn_oif_each *each, void *data);

/* A nexthop object, as in RTM_NEWNEXTHOP. */
struct kn_nexthop {
	uint32_t id;
	unsigned int ifindex; /* 0: none (a blackhole, a group) */
	uint32_t *members; /* ids of a group's; from malloc */
	size_t n_members;
};

/* Fills out and returns 0; -EBADMSG if it is no such message, -ENOMEM. */
int kn_nexthop_read(const struct nlmsghdr *nlh, struct kn_nexthop *out);

/* Asks the kernel for the interfaces of a nexthop object, or of a group's members. 0 or -errno,
 * with the kernel's words in err: -ENOENT when there is none by that id.
 */
int kn_nexthop_oifs(struct kn_talk *talk, uint32_t id, kn_oif_each *each, void *data,
		    struct kn_err *err);

#endif
