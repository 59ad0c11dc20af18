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

struct kidos_volumes {
	struct kidos_rules_base base;
	uint64_t seed;
	uint64_t since_ns; /* of the window, CLOCK_MONOTONIC */
	struct source sources[SETS][WAYS];
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

static struct source *set_of(struct kidos_volumes *volumes, const struct kidos_flow_key *key)
{
	const struct kidos_flow_key source = { .src = key->src, .meta = key->meta & META };

	return volumes->sources[kidos_key_hash(&source, volumes->seed) % SETS];
}

/* No place is free: what came takes as much from each of the set, until it or one is used up. */
static void take_from_all(struct source *set, uint64_t *bytes)
{
	uint64_t least = *bytes;

	for (unsigned int i = 0; i < WAYS; i++)
		if (set[i].bytes < least)
			least = set[i].bytes;
	for (unsigned int i = 0; i < WAYS; i++)
		set[i].bytes -= least;
	*bytes -= least;
}

static struct source *free_in(struct source *set)
{
	for (unsigned int i = 0; i < WAYS; i++)
		if (!set[i].bytes)
			return &set[i];
	return NULL;
}

void kidos_volumes_see(struct kidos_volumes *volumes, const struct kidos_flow_seen *seen)
{
	const struct kidos_flow_key *key = seen->key;
	uint64_t bytes = seen->gained.bytes;
	struct source *set, *place;

	if (!bytes || !kidos_key_slot(key))
		return;
	set = set_of(volumes, key);
	for (unsigned int i = 0; i < WAYS; i++)
		if (set[i].bytes && set[i].meta == (key->meta & META) &&
		    !memcmp(&set[i].address, &key->src, sizeof(key->src))) {
			set[i].bytes += bytes;
			return;
		}
	if (!free_in(set))
		take_from_all(set, &bytes);
	place = bytes ? free_in(set) : NULL;
	if (place)
		*place = (struct source){ key->src, key->meta & META, bytes };
}

static void judge(const struct kidos_volumes *volumes, const struct source *source, double seconds)
{
	const struct kidos_flow_key flow = { .src = source->address, .meta = (__u32)source->meta };
	unsigned int slot = kidos_key_slot(&flow);
	uint64_t speed = kidos_slot_speed(volumes->base.context, slot);
	char subject[KIDOS_TEXT_ADDRESS];
	const struct kidos_observed observed = {
		.kind = KIDOS_ALERT_HIGH_VOLUME_SOURCE,
		.slot = slot,
		.value = 100.0 * 8 * (double)source->bytes / seconds /
			 (double)(speed ? speed : DEFAULT_SPEED),
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
	for (unsigned int i = 0; i < SETS * WAYS; i++) {
		const struct source *source = &volumes->sources[i / WAYS][i % WAYS];

		if (source->bytes && source->bytes >= volumes->base.settings->volume_min)
			judge(volumes, source, (double)passed / 1e9);
	}
	memset(volumes->sources, 0, sizeof(volumes->sources));
	volumes->since_ns = now;
}
