/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_FIND_H
#define KN_UPLINK_FIND_H

#include "journal.h"
#include "nets.h"

typedef bool kn_link_match(const struct kn_link_info *info, const void *data);

/* The one link of a namespace that matches: 0, -ENODEV, -ENOTUNIQ if there are several, or -errno.
 */
int kn_uplink_find(struct kn_nets *nets, const struct kn_ns *ns, kn_link_match *match,
		   const void *data, struct kn_link_info *out, struct kn_err *err);

/* Searches every namespace of the topology for the interface of a journal. If several have its
 * hardware address, the one that has more of its ifindex, name and place on the bus is taken;
 * -ENOTUNIQ if two have the same of these, -ENODEV if there is none.
 */
struct kn_uplink_place {
	const struct kn_ns *ns;
	struct kn_link_info link;
};
int kn_uplink_locate(struct kn_nets *nets, const struct kn_journal *journal,
		     struct kn_uplink_place *out, struct kn_err *err);

/* How well a link matches the journal's: 0 is another one, 4 has its ifindex, name, place on the
 * bus and hardware address.
 */
unsigned int kn_uplink_likeness(const struct kn_link_info *info, const struct kn_journal *journal);

#endif
