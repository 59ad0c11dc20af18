/* SPDX-License-Identifier: MIT */
/* table.h: prefixes as what the programs search: starts of what is permitted and what is not. */
#ifndef KIDOS_POLICY_TABLE_H
#define KIDOS_POLICY_TABLE_H

#include "policy/file.h"

/*
 * Bytes of a table for this policy and family, whatever it comes down to: two
 * starts for each prefix.
 */
size_t kidos_policy_bytes(const struct kidos_policy *policy, enum kidos_policy_family family);

/* The room that all tables of the file need: KIDOS_POLICY_ROOM_*; 0: more than there is. */
uint32_t kidos_policy_room(const struct kidos_policy_file *file);

/*
 * Fills a table of so many bytes, which is all zeros; prefixes are in the order that
 * kidos_policy_parse leaves them in. 0, -E2BIG where its starts do not fit, or -ENOMEM.
 */
int kidos_policy_fill(const struct kidos_policy *policy, enum kidos_policy_family family,
		      struct kidos_policy_table *table, uint32_t room);

/* Is a source permitted? KIDOS_VERDICT_NONE: the family is not policed. */
enum kidos_verdict kidos_policy_judge(const struct kidos_policy_table *table, uint32_t room,
				      const union kidos_address *source, bool ipv4);

#endif
