/* SPDX-License-Identifier: MIT */
/*
 * Any text is either refused with words that a log can take, or gives lists
 * whose tables agree with a search through all prefixes, at the ends of each.
 */
#include "policy/file.h"
#include "policy/table.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool permits_slowly(const struct kidos_policy *policy, const union kidos_address *address,
			   bool ipv4)
{
	bool permit = false;
	int longest = -1;

	for (size_t i = 0; i < policy->count; i++) {
		const struct kidos_policy_prefix *entry = &policy->prefixes[i];

		if (entry->prefix.ipv4 != ipv4 || (int)entry->prefix.bits <= longest ||
		    !kidos_prefix_holds(&entry->prefix, address))
			continue;
		longest = (int)entry->prefix.bits;
		permit = entry->permit;
	}
	return permit;
}

static void compare(const struct kidos_policy *policy, const struct kidos_policy_table *table,
		    uint32_t room, const struct kidos_prefix *prefix)
{
	unsigned int first = prefix->ipv4 ? 96 : 0;
	union kidos_address address = prefix->address;

	for (unsigned int end = 0; end < 2; end++) {
		bool permit = kidos_policy_judge(table, room, &address, prefix->ipv4) ==
			      KIDOS_VERDICT_PERMIT;

		if (permit != permits_slowly(policy, &address, prefix->ipv4))
			abort();
		for (unsigned int bit = first + prefix->bits; bit < 128; bit++)
			address.bytes[bit / 8] |= 0x80 >> bit % 8;
	}
}

static void check_family(const struct kidos_policy *policy, enum kidos_policy_family family,
			 struct kidos_policy_table *table, uint32_t room)
{
	memset(table, 0, room);
	if (kidos_policy_fill(policy, family, table, room))
		abort();
	for (size_t i = 0; i < policy->count; i++)
		if (policy->prefixes[i].prefix.ipv4 == (family == KIDOS_POLICY_IPV4))
			compare(policy, table, room, &policy->prefixes[i].prefix);
}

static void check_file(const struct kidos_policy_file *file)
{
	static struct kidos_policy_table *table;
	uint32_t room = kidos_policy_room(file);

	if (!table)
		table = malloc(KIDOS_POLICY_ROOM_LARGE);
	if (!room || !file->count || file->count > KIDOS_POLICIES_MAX)
		abort();
	for (size_t i = 0; i < file->count; i++)
		for (unsigned int f = 0; f < KIDOS_POLICY_FAMILIES; f++)
			if (file->policies[i].families[f])
				check_family(&file->policies[i], f, table, room);
}

static bool is_clean(const char *reason)
{
	for (; *reason; reason++)
		if (*reason < ' ' || *reason > '~')
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kidos_policy_file file;
	char reason[KIDOS_REASON] = "";

	if (!kidos_policy_parse(&file, "f.json", (const char *)data, size, reason))
		check_file(&file);
	else if (strncmp(reason, "f.json:", 7) != 0 || !is_clean(reason) || file.count)
		abort();
	kidos_policy_free(&file);
	return 0;
}
