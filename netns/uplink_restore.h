/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_RESTORE_H
#define KN_UPLINK_RESTORE_H

#include "journal.h"
#include "world.h"

#include <linux/rtnetlink.h>

typedef bool kn_link_match(const struct kn_link_info *info, const void *data);

/* The first link of a namespace that matches: 0, -ENODEV, or -errno. */
int kn_uplink_find(struct kn_world *world, const struct kn_ns *ns, kn_link_match *match,
		   const void *data, struct kn_link_info *out, struct kn_err *err);

/* Matches the interface that a journal (data) is about, whatever it is called now. */
bool kn_uplink_matches(const struct kn_link_info *info, const void *data);

/* RTNH_OK looks into a hop before it has asked whether there is room for one. */
static inline bool kn_hop_ok(const struct rtnexthop *hop, int left)
{
	return left >= (int)sizeof(*hop) && RTNH_OK(hop, left);
}

/* True if the route in the message leaves by this interface, by one of several paths too. */
bool kn_route_uses(const struct nlmsghdr *nlh, int ifindex);

/* What the interface is now, to go to namespace ns. The caller clears the journal. */
int kn_uplink_snapshot(struct kn_world *world, const struct kn_link_info *info, const char *ns,
		       struct kn_journal *journal, struct kn_err *err);

/* Brings the interface home, from ns or from wherever the kernel has put it, and makes it what it
 * was. Every part can be done twice. -EEXIST if its name is taken: it is home and works, under
 * another name, and the journal has to stay.
 */
int kn_uplink_restore(struct kn_world *world, const struct kn_ns *ns,
		      const struct kn_journal *journal, struct kn_err *err);

#endif
