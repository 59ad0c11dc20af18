/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_GUARD_H
#define KN_UPLINK_GUARD_H

#include "nets.h"

/* 0 if the interface may move; -EBUSY if it is a member of another one or others are on top of it;
 * -EPERM if it is the way out of this machine and may_move is false.
 */
int kn_uplink_may_go(struct kn_nets *nets, const struct kn_link_info *info, bool may_move,
		     struct kn_err *err);

/* The ifindex of the default route: the one of the lowest metric in table main, IPv4 first; without
 * one there, of the route that the kernel takes. -ENODEV if there is none, -ENOTUNIQ if there are
 * several.
 */
int kn_uplink_default(struct kn_nets *nets, int *ifindex, struct kn_err *err);

/* What a down would fail of before it changes anything: a journal that cannot be read or was lost,
 * an interface that is gone or is one of two. For its dry run.
 */
int kn_uplink_may_return(struct kn_nets *nets, struct kn_err *err);

#endif
