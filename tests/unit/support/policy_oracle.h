/* SPDX-License-Identifier: MIT */
/*
 * policy_oracle.h: policies and sources by chance, and an oracle that looks at
 * every prefix. Sources lie where mistakes are: at the ends of prefixes, and one
 * address beyond.
 */
#ifndef POLICY_ORACLE_H
#define POLICY_ORACLE_H

#include "policy/file.h"

uint64_t oracle_random(void);

/* A file with so many prefixes of each family at most; 0: it is not policed. Read as text. */
void oracle_file(struct kidos_policy_file *file, size_t most_v4, size_t most_v6);

void oracle_address(const struct kidos_policy *policy, bool ipv4, union kidos_address *address);

/* KIDOS_VERDICT_PERMIT or _REFUSE; a family that is not policed is permitted. */
enum kidos_verdict oracle_judge(const struct kidos_policy *policy,
				const union kidos_address *address, bool ipv4);

#endif
