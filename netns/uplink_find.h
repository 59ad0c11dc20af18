/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_FIND_H
#define KN_UPLINK_FIND_H

#include "journal.h"
#include "world.h"

typedef bool kn_link_match(const struct kn_link_info *info, const void *data);

/* The one link of a namespace that matches: 0, -ENODEV, -ENOTUNIQ if there are several, or -errno.
 */
int kn_uplink_find(struct kn_world *world, const struct kn_ns *ns, kn_link_match *match,
		   const void *data, struct kn_link_info *out, struct kn_err *err);

/* Looks in every namespace of the topology for the interface that a journal is about. Of several
 * with its hardware address it is the one with more of its number, its name and its place on the
 * bus; -ENOTUNIQ if that does not tell them apart, -ENODEV if it is nowhere.
 */
struct kn_uplink_place {
	const struct kn_ns *ns;
	struct kn_link_info link;
};
int kn_uplink_locate(struct kn_world *world, const struct kn_journal *journal,
		     struct kn_uplink_place *out, struct kn_err *err);

/* How much a link is like the journal's: 0 is another, 4 has all of number,
 * name, place and hardware address. */
unsigned int kn_uplink_likeness(const struct kn_link_info *info, const struct kn_journal *journal);

#endif
