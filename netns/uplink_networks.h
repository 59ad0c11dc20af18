/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_NETWORKS_H
#define KN_UPLINK_NETWORKS_H

#include "journal.h"
#include "nets.h"

/* Restores what the interface had, once it is home. */
struct kn_return {
	struct kn_nets *nets;
	const struct kn_ns *home;
	const struct kn_journal *journal;
	struct kn_link_info now;
	bool name_taken, renamed;
	bool rebooted; /* the numbers of other interfaces in the journal mean nothing now */
	struct kn_err *err;
};

/* All parts are done also if one fails; the first failure is returned. */
typedef int kn_return_part(struct kn_return *r);
int kn_return_parts(struct kn_return *r, kn_return_part *const *parts, size_t n);

/* Token, addresses, neighbours, nexthop objects and routes. */
kn_return_part kn_return_networks;

#endif
