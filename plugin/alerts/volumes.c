/* SPDX-License-Identifier: MIT */
#include "alerts/volumes.h"
#include "core/flow_key.h"
#include "core/now.h"
#include "links/speed.h"

#include <stdlib.h>
#include <string.h>

#define SETS 1024u
#define WAYS 8u
#define DEFAULT_SPEED 10000000000u /* bits a second, where the driver names none; as a veth's */

struct source {
	union kidos_address address;
	uint64_t meta; /* slot and family as in a flow key; with bytes 0: free */
	uint64_t bytes;
};

/* The hashes lie in one cache line: of the sources only the right one is read. */
struct set {
	uint64_t hashes[WAYS];
	struct source sources[WAYS];
};

struct kidos_volumes {
	struct kidos_rules_base base;
	uint64_t seed;
	uint64_t since_ns; /* of the window, CLOCK_MONOTONIC */
	uint64_t
		speeds[KIDOS_SLOTS_MAX]; /* bits a second, as asked for at the window's end; or 0 */
	struct set sets[SETS];
};

uint64_t kidos_volumes_bytes(void)
{
	return sizeof(struct kidos_volumes);
}

struct kidos_volumes *kidos_volumes_new(const struct kidos_rules_base *base)
{
	struct kidos_volumes *volumes = calloc(1, sizeof(*volumes));

	if (!volumes)
		return NULL;
	volumes->base = *base;
	volumes->seed = kidos_key_seed();
	volumes->since_ns = kidos_now_ns(CLOCK_MONOTONIC);
	return volumes;
}

void kidos_volumes_free(struct kidos_volumes *volumes)
{
	free(volumes);
}

#define META (KIDOS_META_IPV4 | KIDOS_META_SLOT_MASK << KIDOS_META_SLOT_SHIFT)

static uint64_t hash_of(const struct kidos_volumes *volumes, const struct kidos_flow_key *key)
{
	uint64_t hash = (key->src.halves[0] ^ volumes->seed) * 0x9e3779b97f4a7c15u;

	hash = (hash ^ hash >> 32 ^ key->src.halves[1]) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 32 ^ (key->meta & META)) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static bool is_of(const struct source *source, const struct kidos_flow_key *key)
{
	return source->bytes && source->meta == (key->meta & META) &&
	       !memcmp(&source->address, &key->src, sizeof(key->src));
}

static struct source *find(struct set *set, uint64_t hash, const struct kidos_flow_key *key)
{
	for (unsigned int i = 0; i < WAYS; i++)
		if (set->hashes[i] == hash && is_of(&set->sources[i], key))
			return &set->sources[i];
	return NULL;
}

/* No place is free: what came takes as much from each of the set, until it or one is used up. */
static void take_from_all(struct source set[WAYS], uint64_t *bytes)
{
	uint64_t least = *bytes;

	for (unsigned int i = 0; i < WAYS; i++)
		if (set[i].bytes < least)
			least = set[i].bytes;
	for (unsigned int i = 0; i < WAYS; i++)
		set[i].bytes -= least;
	*bytes -= least;
}

static void put(struct set *set, uint64_t hash, const struct kidos_flow_key *key, uint64_t bytes)
{
	for (unsigned int i = 0; i < WAYS; i++)
		if (!set->sources[i].bytes) {
			set->hashes[i] = hash;
			set->sources[i] = (struct source){ key->src, key->meta & META, bytes };
			return;
		}
}

static bool is_full(const struct set *set)
{
	for (unsigned int i = 0; i < WAYS; i++)
		if (!set->sources[i].bytes)
			return false;
	return true;
}

void kidos_volumes_see(struct kidos_volumes *volumes, const struct kidos_flow_seen *seen)
{
	const struct kidos_flow_key *key = seen->key;
	uint64_t bytes = seen->gained.bytes, hash;
	struct source *source;
	struct set *set;

	if (!bytes || !kidos_key_slot(key))
		return;
	hash = hash_of(volumes, key);
	set = &volumes->sets[hash % SETS];
	source = find(set, hash, key);
	if (source) {
		source->bytes += bytes;
		return;
	}
	if (is_full(set))
		take_from_all(set->sources, &bytes);
	if (bytes)
		put(set, hash, key, bytes);
}

/* The driver is asked once for each interface. */
static double speed_of(struct kidos_volumes *volumes, unsigned int slot)
{
	uint64_t *speed = &volumes->speeds[slot];

	if (!*speed)
		*speed = kidos_slot_speed(volumes->base.context, slot);
	if (!*speed)
		*speed = DEFAULT_SPEED;
	return (double)*speed;
}

static void judge(struct kidos_volumes *volumes, const struct source *source, double seconds)
{
	const struct kidos_flow_key flow = { .src = source->address, .meta = (__u32)source->meta };
	unsigned int slot = kidos_key_slot(&flow);
	char subject[KIDOS_TEXT_ADDRESS];
	const struct kidos_observed observed = {
		.kind = KIDOS_ALERT_HIGH_VOLUME_SOURCE,
		.slot = slot,
		.value = 100.0 * 8 * (double)source->bytes / seconds / speed_of(volumes, slot),
		.threshold = (double)volumes->base.settings->volume_share,
		.flow = &flow,
		.subject = subject,
	};

	kidos_address_text(&flow.src, kidos_key_is_ipv4(&flow), subject);
	kidos_rule_observe(&volumes->base, &observed);
}

void kidos_volumes_judge(struct kidos_volumes *volumes)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC), passed = now - volumes->since_ns;

	if (passed < volumes->base.settings->window * 1000000000u)
		return;
	memset(volumes->speeds, 0, sizeof(volumes->speeds));
	for (unsigned int i = 0; i < SETS * WAYS; i++) {
		const struct source *source = &volumes->sets[i / WAYS].sources[i % WAYS];

		if (source->bytes && source->bytes >= volumes->base.settings->volume_min)
			judge(volumes, source, (double)passed / 1e9);
	}
	memset(volumes->sets, 0, sizeof(volumes->sets));
	volumes->since_ns = now;
}
