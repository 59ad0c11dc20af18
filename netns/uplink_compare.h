/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_COMPARE_H
#define KN_UPLINK_COMPARE_H

/* Compares what is there with a journal, by fingerprints of what identifies each item. State, age
 * and order are left out, and the interface's own ifindex counts as the same before and after.
 * Pure.
 */
#include "journal.h"

#include <linux/netlink.h>

/* Returns how many items of `was` are not in `now`, and puts the texts of the first few into err.
 */
size_t kn_uplink_missing(const struct kn_journal *was, const struct kn_journal *now,
			 struct kn_err *err);

uint64_t kn_nexthop_print(const struct nlmsghdr *nlh, int ifindex);

#endif
