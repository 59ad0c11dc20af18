/* SPDX-License-Identifier: MIT */
#ifndef KN_ROUTE_H
#define KN_ROUTE_H

#include "step.h"

/* Called for every route of the family; with NULL when the walk starts over. */
typedef void kn_route_each(const struct kn_route_info *info, const struct nlmsghdr *nlh,
			   void *data);
int kn_route_walk(struct kn_nets *nets, const struct kn_ns *ns, uint8_t family, kn_route_each *each,
		  void *data, struct kn_err *err);

#endif
