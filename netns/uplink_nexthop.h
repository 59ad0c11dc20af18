/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_NEXTHOP_H
#define KN_UPLINK_NEXTHOP_H

/* Nexthop objects (kernel 5.3) of the uplink. The kernel drops them when the interface leaves, and
 * takes them out of their groups.
 */
#include "journal.h"
#include "nets.h"

/* Saves the objects on the journal's interface and the groups that have one of them, by number. */
int kn_nexthop_save(struct kn_nets *nets, struct kn_journal *journal, struct kn_err *err);

bool kn_nexthop_saved(const struct kn_saved_list *list, uint32_t id);

/* Makes the missing ones again on interface ifindex, and puts them back into their groups.
 * only_ours: groups get only the interface's objects. -EEXIST if somebody else has taken a number
 * meanwhile; -ENODATA if a group is back without another interface's object that is gone.
 */
int kn_nexthop_restore(struct kn_nets *nets, const struct kn_journal *journal, int ifindex,
		       bool only_ours, struct kn_err *err);

#endif
