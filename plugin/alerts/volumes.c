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
	uint32_t meta; /* slot and family as in a flow key */
};

/* Hashes and bytes take a cache line each: of a source nothing else is read until it is judged. */
struct set {
	uint64_t hashes[WAYS];
	uint64_t bytes[WAYS]; /* 0: free */
	struct source sources[WAYS];
};

struct kidos_volumes {
	struct kidos_rules_base base;
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
	volumes->since_ns = kidos_now_ns(CLOCK_MONOTONIC);
	return volumes;
}

void kidos_volumes_free(struct kidos_volumes *volumes)
{
	free(volumes);
}

/*
 * WAYS: there is none. A place that was freed is still its last source's. No branch in the loop:
 * which place it is cannot be predicted.
 */
static unsigned int find(const struct set *set, uint64_t hash)
{
	unsigned int found = 1u << WAYS;

#pragma GCC unroll 8
	for (unsigned int i = 0; i < WAYS; i++)
		found |= (unsigned int)(set->hashes[i] == hash) << i;
	return (unsigned int)__builtin_ctz(found);
}

static unsigned int find_free(const struct set *set)
{
	unsigned int free = 1u << WAYS;

#pragma GCC unroll 8
	for (unsigned int i = 0; i < WAYS; i++)
		free |= (unsigned int)!set->bytes[i] << i;
	return (unsigned int)__builtin_ctz(free);
}

/* No place is free: what came takes as much from each of the set, until it or one is used up. */
static void take_from_all(struct set *set, uint64_t *bytes)
{
	uint64_t least = *bytes;

	for (unsigned int i = 0; i < WAYS; i++)
		least = set->bytes[i] < least ? set->bytes[i] : least;
	for (unsigned int i = 0; i < WAYS; i++)
		set->bytes[i] -= least;
	*bytes -= least;
}

static void put(struct set *set, const struct kidos_rule_flow *flow, uint64_t bytes)
{
	unsigned int place = find_free(set);

	set->hashes[place] = flow->source;
	set->bytes[place] = bytes;
	set->sources[place] = (struct source){ flow->key.src, flow->key.meta & KIDOS_RULE_SOURCE };
}

void kidos_volumes_fetch(const struct kidos_volumes *volumes, uint64_t source)
{
	const struct set *set = &volumes->sets[source % SETS];

	__builtin_prefetch(set->hashes, 1);
	__builtin_prefetch(set->bytes, 1);
}

void kidos_volumes_see(struct kidos_volumes *volumes, const struct kidos_rule_flow *flow)
{
	struct set *set = &volumes->sets[flow->source % SETS];
	uint64_t bytes = flow->seen.gained.bytes;
	unsigned int place;

	if (!bytes || !kidos_key_slot(&flow->key))
		return;
	place = find(set, flow->source);
	if (place < WAYS) {
		set->bytes[place] += bytes;
		return;
	}
	if (find_free(set) == WAYS)
		take_from_all(set, &bytes);
	if (bytes)
		put(set, flow, bytes);
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

static void judge(struct kidos_volumes *volumes, const struct source *source, uint64_t bytes,
		  double seconds)
{
	const struct kidos_flow_key flow = { .src = source->address, .meta = source->meta };
	const struct kidos_flow_key shown = kidos_privacy_flow(&volumes->base.privacy, &flow);
	unsigned int slot = kidos_key_slot(&flow);
	char subject[KIDOS_TEXT_ADDRESS];
	const struct kidos_observed observed = {
		.kind = KIDOS_ALERT_HIGH_VOLUME_SOURCE,
		.slot = slot,
		.value = 100.0 * 8 * (double)bytes / seconds / speed_of(volumes, slot),
		.threshold = (double)volumes->base.settings->volume_share,
		.flow = &flow,
		.subject = subject,
	};

	kidos_address_text(&shown.src, kidos_key_is_ipv4(&shown), subject);
	kidos_rule_observe(&volumes->base, &observed);
}

void kidos_volumes_judge(struct kidos_volumes *volumes)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC), passed = now - volumes->since_ns;

	if (passed < volumes->base.settings->window * 1000000000u)
		return;
	memset(volumes->speeds, 0, sizeof(volumes->speeds));
	for (unsigned int i = 0; i < SETS * WAYS; i++) {
		const struct set *set = &volumes->sets[i / WAYS];
		uint64_t bytes = set->bytes[i % WAYS];

		if (bytes && bytes >= volumes->base.settings->volume_min)
			judge(volumes, &set->sources[i % WAYS], bytes, (double)passed / 1e9);
	}
	memset(volumes->sets, 0, sizeof(volumes->sets));
	volumes->since_ns = now;
}
