/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_COMPARE_H
#define KN_UPLINK_COMPARE_H

/* Are the things of a journal there again? What was and what is are compared by fingerprints of
 * what makes them themselves: not their state, age or order, and with the interface's number
 * (ifindex) taken for its own self. Pure.
 */
#include "journal.h"

#include <linux/netlink.h>

/* The texts of the first few things of `was` that `now` has not, in err; returns how many. */
size_t kn_uplink_missing(const struct kn_journal *was, const struct kn_journal *now,
			 struct kn_err *err);

uint64_t kn_nexthop_print(const struct nlmsghdr *nlh, int ifindex);

#endif
