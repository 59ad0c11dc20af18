/* SPDX-License-Identifier: MIT */
/*
 * file.h: the policy file, as text and as lists of prefixes.
 *
 *   { "permitted_cidrs": ["10.0.0.0/8", "2001:db8::/32"],
 *     "denied_cidrs": ["10.9.0.0/16"],
 *     "interfaces": { "monns:eth0": { "permitted_cidrs": [...] } } }
 *
 * The longest prefix that holds a source decides.
 */
#ifndef KIDOS_POLICY_FILE_H
#define KIDOS_POLICY_FILE_H

#include "abi_policy.h"
#include "core/config.h"
#include "core/prefix.h"
#include "state/state.h"

#define KIDOS_POLICY_FILE_MAX (64u << 20) /* bytes */
#define KIDOS_POLICY_NAME 128 /* of an interface, with its namespace */

struct kidos_policy_prefix {
	struct kidos_prefix prefix;
	uint32_t line;
	bool permit;
};

/* The prefixes of all interfaces, or those of one that has its own. */
struct kidos_policy {
	char interface[KIDOS_POLICY_NAME]; /* as in the file; "": all others */
	struct kidos_policy_prefix *prefixes;
	size_t count;
	size_t families[KIDOS_POLICY_FAMILIES]; /* how many prefixes of each */
};

struct kidos_policy_file {
	struct kidos_policy policies[KIDOS_POLICIES_MAX]; /* the first is that of all others */
	size_t count;
	size_t prefixes; /* of all policies */
	size_t masked; /* entries with bits behind their length, which are taken for 0 */
	size_t twice; /* entries that say what another said */
	uint32_t masked_line; /* of the first such entry */
	uint64_t digest; /* of the text */
};

/*
 * Reads text, of `length` bytes; name: what errors begin with. 0 or -errno
 * with a reason that has the line and the entry; `file` is empty then. Free it
 * after use.
 */
int kidos_policy_parse(struct kidos_policy_file *file, const char *name, const char *text,
		       size_t length, char reason[KIDOS_REASON]);

/*
 * The same from a path: a regular file, no link; as root it must be root's and
 * nobody else may write to it.
 */
int kidos_policy_load(struct kidos_policy_file *file, const char *path, char reason[KIDOS_REASON]);
void kidos_policy_free(struct kidos_policy_file *file);

/* The policy of an interface, by its names in the file: "NAMESPACE:NAME", or its Report. */
size_t kidos_policy_for(const struct kidos_policy_file *file, const char *label,
			const char *report);
size_t kidos_policy_for_slot(const struct kidos_policy_file *file, const struct kidos_slot *slot);

#endif
