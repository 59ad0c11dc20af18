/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_H
#define KN_UPLINK_H

#include "nets.h"

/* Finds the uplink's interface by its journal, name, MAC address or default route, and writes its
 * name into the topology's link. -EPERM if it is the way out and may_move is false, -EBUSY if other
 * interfaces are on top of it, -ENOTUNIQ if several match. 0 if the topology has no uplink.
 */
int kn_uplink_resolve(struct kn_nets *nets, bool may_move, struct kn_err *err);

/* For up and its dry run, after the recovery: -EBUSY if an earlier down or up has brought the
 * uplink home but not all of it back. Its journal would be taken for what the interface has now,
 * and what it gained at home would be lost at the next down.
 */
int kn_uplink_check_closed(struct kn_nets *nets, struct kn_err *err);

/* Called before anything else. Restores the uplink from a journal of an earlier boot, or of a run
 * that left nothing else behind, and removes the journal, also if the topology has no uplink now.
 * Prints what it did on stderr.
 */
int kn_uplink_recover(struct kn_nets *nets, struct kn_err *err);

/* 1 if the namespace holds the uplink now, 0 if it does not, -errno if that is not known. */
int kn_uplink_is_in(struct kn_nets *nets, const struct kn_ns *ns, struct kn_err *err);

#endif
