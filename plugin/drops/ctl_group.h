/* SPDX-License-Identifier: MIT */
/* ctl_group.h: the group of a drop, by what --by asks for. */
#ifndef KIDOS_DROPS_CTL_GROUP_H
#define KIDOS_DROPS_CTL_GROUP_H

#include "drops/ctl_scan.h"

/* What a count and a record have in common. */
struct ctl_drop_traits {
	uint64_t place;
	uint32_t reason, netns, ifindex;
	uint8_t class;
	bool policy;
};

/* These add to scan->groups; without memory they set scan->failed. */
void ctl_drop_group(struct ctl_drop_scan *scan, const char *word, uint64_t count);
void ctl_drop_group_traits(struct ctl_drop_scan *scan, const struct ctl_drop_traits *traits,
			   uint64_t count);
void ctl_drop_group_record(struct ctl_drop_scan *scan, const struct kidos_drop_record *record,
			   const struct ctl_drop_traits *traits);

#endif
