/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_H
#define KN_UPLINK_H

#include "world.h"

/* Finds the uplink's interface by its journal, name, MAC address or default route, and writes its
 * name into the topology's link. -EPERM if the way out is by it and may_move is false, -EBUSY if
 * others stand on it, -ENOTUNIQ if it may be one of several. A topology without an uplink is fine.
 */
int kn_uplink_resolve(struct kn_world *world, bool may_move, struct kn_err *err);

/* Before anything else: a journal of an earlier boot, or of a run that left nothing else behind,
 * is followed and removed, whether the topology has an uplink now or not. Says what it did on
 * stderr.
 */
int kn_uplink_recover(struct kn_world *world, struct kn_err *err);

/* 1 if the namespace holds the uplink now, 0 if it does not, -errno if that cannot be told. */
int kn_uplink_is_in(struct kn_world *world, const struct kn_ns *ns, struct kn_err *err);

#endif
