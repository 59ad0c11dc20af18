/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_GUARD_H
#define KN_UPLINK_GUARD_H

#include "world.h"

/* What speaks against moving an interface: -EBUSY if it is a member of another one or others stand
 * on it, -EPERM if the way out of this machine is by it and may_move is false.
 */
int kn_uplink_may_go(struct kn_world *world, const struct kn_link_info *info, bool may_move,
		     struct kn_err *err);

/* The number of the interface of the default route: of the lowest metric in table main, IPv4
 * first; without one, of the way that the kernel takes. -ENODEV if there is none, -ENOTUNIQ if
 * there are several.
 */
int kn_uplink_default(struct kn_world *world, int *ifindex, struct kn_err *err);

#endif
