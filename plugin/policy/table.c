/* SPDX-License-Identifier: MIT */
#include "policy/table.h"
#include "core/flow_key.h"
#include "policy.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

typedef unsigned __int128 address_t; /* host order */

#define DEPTH 129 /* prefixes that lie in each other: one of each length */

/* Prefixes in order become starts: a sweep over addresses, with the prefixes around it. */
struct sweep {
	address_t *starts;
	size_t count;
	address_t most; /* the highest address */
	struct {
		address_t last;
		bool permit;
	} around[DEPTH];
	size_t depth;
};

static address_t number_of(const union kidos_address *address, bool ipv4)
{
	if (ipv4)
		return ntohl(address->words[3]);
	return (address_t)be64toh(address->halves[0]) << 64 | be64toh(address->halves[1]);
}

/* From here on. Where something began here already, that was empty. */
static void begin(struct sweep *sweep, address_t start, bool permit)
{
	if (sweep->count && sweep->starts[sweep->count - 1] == start)
		sweep->count--;
	if ((sweep->count & 1) != permit)
		sweep->starts[sweep->count++] = start;
}

static bool is_permitted(const struct sweep *sweep)
{
	return sweep->depth && sweep->around[sweep->depth - 1].permit;
}

/* Out of the prefixes that end before this address; back in what they lay in. */
static void leave(struct sweep *sweep, address_t before)
{
	while (sweep->depth && sweep->around[sweep->depth - 1].last < before) {
		address_t last = sweep->around[--sweep->depth].last;

		begin(sweep, last + 1, is_permitted(sweep));
	}
}

static void enter(struct sweep *sweep, const struct kidos_policy_prefix *entry)
{
	address_t start = number_of(&entry->prefix.address, entry->prefix.ipv4);
	unsigned int free_bits = (entry->prefix.ipv4 ? 32 : 128) - entry->prefix.bits;
	address_t span = free_bits == 128 ? ~(address_t)0 : ((address_t)1 << free_bits) - 1;

	leave(sweep, start);
	sweep->around[sweep->depth].last = start + span;
	sweep->around[sweep->depth++].permit = entry->permit;
	begin(sweep, start, entry->permit);
}

/* What ends with the highest address ends nowhere. */
static void finish(struct sweep *sweep)
{
	while (sweep->depth && sweep->around[sweep->depth - 1].last < sweep->most)
		leave(sweep, sweep->around[sweep->depth - 1].last + 1);
}

static bool is_of(const struct kidos_policy_prefix *entry, enum kidos_policy_family family)
{
	return entry->prefix.ipv4 == (family == KIDOS_POLICY_IPV4);
}

static size_t start_size(enum kidos_policy_family family)
{
	return family == KIDOS_POLICY_IPV4 ? sizeof(uint32_t) : sizeof(struct kidos_policy_start6);
}

size_t kidos_policy_bytes(const struct kidos_policy *policy, enum kidos_policy_family family)
{
	return sizeof(struct kidos_policy_table) +
	       2 * policy->families[family] * start_size(family);
}

uint32_t kidos_policy_room(const struct kidos_policy_file *file)
{
	size_t most = 0;

	for (size_t i = 0; i < file->count; i++)
		for (unsigned int f = 0; f < KIDOS_POLICY_FAMILIES; f++) {
			size_t bytes = kidos_policy_bytes(&file->policies[i], f);

			most = bytes > most ? bytes : most;
		}
	if (most > KIDOS_POLICY_ROOM_LARGE)
		return 0;
	return most > KIDOS_POLICY_ROOM_SMALL ? KIDOS_POLICY_ROOM_LARGE : KIDOS_POLICY_ROOM_SMALL;
}

static void store(const struct sweep *sweep, enum kidos_policy_family family,
		  struct kidos_policy_table *table)
{
	struct kidos_policy_start6 *starts6 = (void *)(table + 1);
	uint32_t *starts4 = (void *)(table + 1), bucket = 0;
	unsigned int shift = family == KIDOS_POLICY_IPV4 ? 16 : 112;

	table->count = (uint32_t)sweep->count;
	for (size_t i = 0; i < sweep->count; i++) {
		for (; bucket <= sweep->starts[i] >> shift; bucket++)
			table->index[bucket] = (uint32_t)i;
		if (family == KIDOS_POLICY_IPV4)
			starts4[i] = (uint32_t)sweep->starts[i];
		else
			starts6[i] =
				(struct kidos_policy_start6){ (uint64_t)(sweep->starts[i] >> 64),
							      (uint64_t)sweep->starts[i] };
	}
	for (; bucket <= KIDOS_POLICY_BUCKETS; bucket++)
		table->index[bucket] = (uint32_t)sweep->count;
}

int kidos_policy_fill(const struct kidos_policy *policy, enum kidos_policy_family family,
		      struct kidos_policy_table *table, uint32_t room)
{
	struct sweep sweep = {
		.starts = calloc(2 * policy->families[family] + 1, sizeof(*sweep.starts)),
		.most = family == KIDOS_POLICY_IPV4 ? UINT32_MAX : ~(address_t)0,
	};
	int error = 0;

	if (!sweep.starts)
		return -ENOMEM;
	for (size_t i = 0; i < policy->count; i++)
		if (is_of(&policy->prefixes[i], family))
			enter(&sweep, &policy->prefixes[i]);
	finish(&sweep);
	if (sweep.count > kidos_policy_fit(room, (uint32_t)start_size(family)))
		error = -E2BIG;
	else
		store(&sweep, family, table);
	free(sweep.starts);
	return error;
}

enum kidos_verdict kidos_policy_judge(const struct kidos_policy_table *table, uint32_t room,
				      const union kidos_address *source, bool ipv4)
{
	if (!table)
		return KIDOS_VERDICT_NONE;
	if (ipv4)
		return kidos_policy_search4(table, kidos_policy_fit(room, sizeof(uint32_t)),
					    ntohl(source->words[3]));
	return kidos_policy_search6(table,
				    kidos_policy_fit(room, sizeof(struct kidos_policy_start6)),
				    be64toh(source->halves[0]), be64toh(source->halves[1]));
}
