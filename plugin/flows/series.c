/* SPDX-License-Identifier: MIT */
#include "flows/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int alloc_talkers(struct kidos_flow_series *series)
{
	if (!series->top || series->rule.by == KIDOS_SERIES_GROUP)
		return 0;
	for (int by = 0; by < 2; by++) {
		series->by[by] = calloc(1, sizeof(*series->by[by]));
		if (!series->by[by])
			return -ENOMEM;
	}
	return 0;
}

int kidos_series_init(struct kidos_flow_series *series, const struct kidos_flow_settings *settings,
		      const struct kidos_privacy *privacy, unsigned int slots, uint64_t seed)
{
	*series = (struct kidos_flow_series){ .top = settings->enabled ? settings->top_flows : 0,
					      .seed = seed,
					      .slot_count = slots };
	kidos_series_rule_init(&series->rule, settings, privacy);
	series->slots = calloc(slots, sizeof(*series->slots));
	if (!series->slots || alloc_talkers(series))
		return -ENOMEM;
	return kidos_names_init(&series->names, settings->max_flow_series);
}

void kidos_series_free(struct kidos_flow_series *series)
{
	kidos_names_free(&series->names);
	free(series->slots);
	free(series->items);
	free(series->places);
	free(series->by[0]);
	free(series->by[1]);
	*series = (struct kidos_flow_series){};
}

bool kidos_series_wanted(const struct kidos_flow_series *series)
{
	return series->by[0] || (series->rule.by == KIDOS_SERIES_GROUP && series->rule.group_count);
}

void kidos_series_begin(struct kidos_flow_series *series)
{
	for (size_t i = 0; i < series->count; i++)
		memset(series->items[i].gained, 0, sizeof(series->items[i].gained));
	for (int by = 0; by < 2 && series->by[by]; by++)
		kidos_talkers_clear(series->by[by]);
}

/* The place of a key, or the free one where it would be. */
static uint32_t *place_of(const struct kidos_flow_series *series,
			  const struct kidos_series_key *key, uint64_t hash)
{
	size_t at = hash >> 16 & series->places_mask;

	for (; series->places[at]; at = (at + 1) & series->places_mask) {
		const struct kidos_series *item = &series->items[series->places[at] - 1];

		if (item->hash == hash && kidos_series_equal(&item->key, key))
			break;
	}
	return &series->places[at];
}

static struct kidos_series *find(const struct kidos_flow_series *series,
				 const struct kidos_series_key *key, uint64_t hash)
{
	uint32_t *place = series->count ? place_of(series, key, hash) : NULL;

	return place && *place ? &series->items[*place - 1] : NULL;
}

static inline void rank(struct kidos_talkers *talkers, const struct kidos_series_key *key,
			uint64_t hash, uint64_t weight)
{
	uint64_t sampled = kidos_talkers_sample(talkers, weight);

	if (sampled)
		kidos_talkers_add(talkers, key, hash, sampled);
}

void kidos_series_add(struct kidos_flow_series *series, const struct kidos_flow_key *flow,
		      const struct kidos_count *gained)
{
	unsigned int direction = flow->meta >> KIDOS_META_DIRECTION_SHIFT & 1;
	struct kidos_series_key key;
	struct kidos_series *item;
	uint64_t hash;

	if (!kidos_series_key_of(&series->rule, flow, &key) || !key.slot ||
	    key.slot >= series->slot_count)
		return;
	hash = kidos_series_hash(&key, series->seed);
	item = find(series, &key, hash);
	if (item) {
		item->gained[direction].packets += gained->packets;
		item->gained[direction].bytes += gained->bytes;
	} else if (series->by[0]) {
		rank(series->by[0], &key, hash, gained->bytes);
		rank(series->by[1], &key, hash, gained->packets);
	}
}

static void fill_places(struct kidos_flow_series *series)
{
	memset(series->places, 0, (series->places_mask + 1) * sizeof(*series->places));
	for (size_t i = 0; i < series->count; i++)
		*place_of(series, &series->items[i].key, series->items[i].hash) = (uint32_t)(i + 1);
}

static int grow_places(struct kidos_flow_series *series, size_t room)
{
	uint32_t *places = calloc(4 * room, sizeof(*places));

	if (!places)
		return -ENOMEM;
	free(series->places);
	series->places = places;
	series->places_mask = 4 * room - 1;
	fill_places(series);
	return 0;
}

static int grow(struct kidos_flow_series *series)
{
	size_t room = series->room ? 2 * series->room : 64;
	struct kidos_series *items;

	if (series->count < series->room)
		return 0;
	items = reallocarray(series->items, room, sizeof(*items));
	if (!items)
		return -ENOMEM;
	series->items = items;
	if (grow_places(series, room))
		return -ENOMEM;
	series->room = room;
	return 0;
}

struct kidos_series *kidos_series_find(const struct kidos_flow_series *series,
				       const struct kidos_series_key *key)
{
	return find(series, key, kidos_series_hash(key, series->seed));
}

struct kidos_series *kidos_series_open(struct kidos_flow_series *series,
				       const struct kidos_series_key *key, size_t remembered)
{
	struct kidos_series *item;

	if (grow(series))
		return NULL;
	item = &series->items[series->count];
	*item = (struct kidos_series){ .key = *key,
				       .remembered = remembered,
				       .hash = kidos_series_hash(key, series->seed) };
	kidos_series_name(key, item->name);
	*place_of(series, key, item->hash) = (uint32_t)++series->count;
	return item;
}

void kidos_series_close(struct kidos_flow_series *series, size_t remembered)
{
	for (size_t i = 0; i < series->count; i++)
		if (series->items[i].remembered == remembered && !series->items[i].closed)
			series->items[i].closed = series->has_closed = true;
}

void kidos_series_sweep(struct kidos_flow_series *series)
{
	size_t kept = 0;

	if (!series->has_closed)
		return;
	for (size_t i = 0; i < series->count; i++)
		if (!series->items[i].closed)
			series->items[kept++] = series->items[i];
	series->count = kept;
	series->has_closed = false;
	fill_places(series);
}

void kidos_series_drop_slot(struct kidos_flow_series *series, unsigned int slot)
{
	for (size_t i = 0; i < series->count; i++)
		if (series->items[i].key.slot == slot)
			series->items[i].closed = series->has_closed = true;
	kidos_series_sweep(series);
	series->slots[slot] = (struct kidos_series_slot){};
}

void kidos_series_totals(struct kidos_flow_series *series, unsigned int slot,
			 const struct kidos_count totals[KIDOS_DIRECTIONS])
{
	struct kidos_series_slot *state = &series->slots[slot];

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		state->budget[d].packets += totals[d].packets - state->totals[d].packets;
		state->budget[d].bytes += totals[d].bytes - state->totals[d].bytes;
		state->totals[d] = totals[d];
	}
}

static void pay(__u64 *budget, __u64 *waiting, __u64 *sent)
{
	__u64 paid = *waiting < *budget ? *waiting : *budget;

	*budget -= paid;
	*waiting -= paid;
	*sent += paid;
}

static void settle_one(struct kidos_series *item, struct kidos_count budget[KIDOS_DIRECTIONS])
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		if (item->remembered == KIDOS_NAME_NONE || item->emitted >= KIDOS_SERIES_ZEROS) {
			item->waiting[d].packets += item->gained[d].packets;
			item->waiting[d].bytes += item->gained[d].bytes;
		}
		pay(&budget[d].packets, &item->waiting[d].packets, &item->sent[d].packets);
		pay(&budget[d].bytes, &item->waiting[d].bytes, &item->sent[d].bytes);
	}
}

void kidos_series_settle(struct kidos_flow_series *series)
{
	for (size_t i = 0; i < series->count; i++)
		settle_one(&series->items[i], series->slots[series->items[i].key.slot].budget);
	for (unsigned int slot = 0; slot < series->slot_count; slot++) {
		struct kidos_series_slot *state = &series->slots[slot];

		for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
			state->other[d].packets += state->budget[d].packets;
			state->other[d].bytes += state->budget[d].bytes;
		}
		memset(state->budget, 0, sizeof(state->budget));
	}
}
