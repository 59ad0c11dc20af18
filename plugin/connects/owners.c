/* SPDX-License-Identifier: MIT */
#include "connects/owners.h"
#include "core/flow_key.h"
#include "core/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLACES (4u * KIDOS_CONNECT_OWNERS) /* a power of two, at most half full */
#define FIRST_ROOM 64

uint64_t kidos_connect_owners_bytes(uint32_t owners)
{
	return PLACES * sizeof(uint16_t) +
	       (owners + owners / 4) * (uint64_t)sizeof(struct kidos_connect_entry);
}

int kidos_connect_owners_init(struct kidos_connect_owners *owners)
{
	*owners = (struct kidos_connect_owners){ .seed = kidos_key_seed() };
	owners->places = calloc(PLACES, sizeof(*owners->places));
	return owners->places ? 0 : -ENOMEM;
}

void kidos_connect_owners_free(struct kidos_connect_owners *owners)
{
	free(owners->entries);
	free(owners->places);
	*owners = (struct kidos_connect_owners){};
}

/* Seeded: a process chooses its name. */
static uint16_t *find_place(const struct kidos_connect_owners *owners,
			    const struct kidos_connect_owner *owner)
{
	uint64_t hash = kidos_hash_words(owner, sizeof(*owner) / sizeof(uint64_t), owners->seed);
	uint32_t place;

	for (place = (uint32_t)hash & (PLACES - 1); owners->places[place];
	     place = (place + 1) & (PLACES - 1))
		if (!memcmp(&owners->entries[owners->places[place] - 1].owner, owner,
			    sizeof(*owner)))
			break;
	return &owners->places[place];
}

struct kidos_connect_entry *kidos_connect_owner_find(const struct kidos_connect_owners *owners,
						     const struct kidos_connect_owner *owner)
{
	uint16_t place = *find_place(owners, owner);

	return place ? &owners->entries[place - 1] : NULL;
}

static bool grow(struct kidos_connect_owners *owners)
{
	size_t room = owners->room ? 2 * owners->room : FIRST_ROOM;
	struct kidos_connect_entry *entries;

	if (room > KIDOS_CONNECT_ENTRIES)
		room = KIDOS_CONNECT_ENTRIES;
	if (room == owners->room)
		return false;
	entries = reallocarray(owners->entries, room, sizeof(*entries));
	if (!entries)
		return false;
	owners->entries = entries;
	owners->room = room;
	return true;
}

struct kidos_connect_entry *kidos_connect_owner_get(struct kidos_connect_owners *owners,
						    const struct kidos_connect_owner *owner,
						    bool *made)
{
	uint16_t *place = find_place(owners, owner);

	*made = !*place;
	if (*place)
		return &owners->entries[*place - 1];
	if (owners->count == owners->room && !grow(owners))
		return NULL;
	owners->entries[owners->count] = (struct kidos_connect_entry){ .owner = *owner };
	*place = (uint16_t)++owners->count;
	return &owners->entries[owners->count - 1];
}

/* Maps have the sums: what is not in a series yet is found there at the next poll. */
static void take_over(struct kidos_connect_entry *to, const struct kidos_connect_entry *from)
{
	to->attempts += from->attempts;
	to->accepts += from->accepts;
	to->rx += from->rx;
	to->tx += from->tx;
	to->judged += from->judged;
	to->judged_failed += from->judged_failed;
	for (unsigned int i = 0; i < KIDOS_CONNECT_BUCKETS; i++)
		to->latency[i] += from->latency[i];
}

bool kidos_connect_owner_move(struct kidos_connect_owners *owners,
			      const struct kidos_connect_owner *from,
			      const struct kidos_connect_owner *to)
{
	bool made;
	struct kidos_connect_entry *target = kidos_connect_owner_get(owners, to, &made);
	struct kidos_connect_entry *entry = kidos_connect_owner_find(owners, from);

	if (!target || !entry)
		return false;
	if (made)
		target->ignored = to->cgroup == KIDOS_CONNECT_CGROUP_IGNORED;
	take_over(target, entry);
	entry->gone = true;
	return true;
}

void kidos_connect_owners_forget(struct kidos_connect_owners *owners)
{
	size_t kept = 0;

	for (size_t i = 0; i < owners->count; i++)
		if (!owners->entries[i].gone)
			owners->entries[kept++] = owners->entries[i];
	owners->count = kept;
	memset(owners->places, 0, PLACES * sizeof(*owners->places));
	for (size_t i = 0; i < kept; i++)
		*find_place(owners, &owners->entries[i].owner) = (uint16_t)(i + 1);
}

uint64_t kidos_connect_sum(const __u64 counts[KIDOS_CONNECT_PROTOCOLS])
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < KIDOS_CONNECT_PROTOCOLS; i++)
		sum += counts[i];
	return sum;
}

uint64_t kidos_connect_rx(const struct kidos_connect_entry *entry)
{
	return entry->now.rx + entry->live.rx;
}

uint64_t kidos_connect_tx(const struct kidos_connect_entry *entry)
{
	return entry->now.tx + entry->live.tx;
}

static uint64_t more(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* A counter into a part's value; *added is what of it is there. */
static void add_count(struct kidos_connect_value *value, uint64_t now, uint64_t *added)
{
	uint64_t new = more(now, *added);

	if (new &&kidos_connect_value_add(value, new, 0))
		*added += new;
}

/*
 * A socket that closed between the two readings is in neither of them for one
 * poll: the sum may be less than it was, and what was added stays.
 */
static void add_traffic(struct kidos_connect_value *value, struct kidos_connect_entry *entry)
{
	uint64_t rx = more(kidos_connect_rx(entry), entry->rx);
	uint64_t tx = more(kidos_connect_tx(entry), entry->tx);

	if ((!rx && !tx) || !kidos_connect_value_add(value, rx, tx))
		return;
	entry->rx += rx;
	entry->tx += tx;
}

static void add_latency(struct kidos_connect_series *series, struct kidos_connect_entry *entry)
{
	for (unsigned int i = 0; i < KIDOS_CONNECT_BUCKETS; i++) {
		uint64_t new = more(entry->now.latency[i], entry->latency[i]);

		series->latency[i] += new;
		series->timed |= new > 0;
		entry->latency[i] += new;
	}
}

/* TCP attempts that have an outcome, and those of them that failed. */
static void add_failures(struct kidos_connect_series *series, struct kidos_connect_entry *entry)
{
	uint64_t failed = entry->failed[KIDOS_CONNECT_TCP];
	uint64_t judged = entry->now.succeeded[KIDOS_CONNECT_TCP] +
			  entry->now.abandoned[KIDOS_CONNECT_TCP] +
			  entry->now.lost[KIDOS_CONNECT_TCP] + failed;
	uint64_t new_failed = more(failed, entry->judged_failed);
	uint64_t new_judged = more(judged, entry->judged);

	series->failed += new_failed;
	series->judged += new_judged;
	entry->judged_failed += new_failed;
	entry->judged += new_judged;
}

void kidos_connect_owner_add(struct kidos_connect_entry *entry, struct kidos_connect_tally *tally)
{
	struct kidos_connect_series *series = &tally->series[entry->series];

	if (entry->ignored)
		return;
	add_count(&series->parts[KIDOS_CONNECT_ATTEMPTS], kidos_connect_sum(entry->now.attempts),
		  &entry->attempts);
	add_count(&series->parts[KIDOS_CONNECT_ACCEPTS], entry->now.accepts, &entry->accepts);
	add_traffic(&series->parts[KIDOS_CONNECT_TRAFFIC], entry);
	add_latency(series, entry);
	add_failures(series, entry);
}
