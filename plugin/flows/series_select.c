/* SPDX-License-Identifier: MIT */
/* series_select.c: the top flows of each interface, those with a series and those without. */
#include "flows/series.h"

#include <errno.h>
#include <stdlib.h>

struct candidate {
	uint64_t weight;
	const struct kidos_series_key *talker; /* NULL: it has a series */
	size_t item;
	unsigned int slot;
};

struct ranking {
	struct candidate *items;
	size_t count;
	size_t at; /* the first not tried */
};

struct selection {
	struct kidos_flow_series *series;
	const char *const *instances;
	uint64_t now;
	struct ranking by[2]; /* bytes, packets */
};

static int by_slot_and_weight(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->slot != right->slot)
		return left->slot < right->slot ? -1 : 1;
	return (left->weight < right->weight) - (left->weight > right->weight);
}

static uint64_t weight_of(const struct kidos_series *item, int by)
{
	const struct kidos_count *gained = item->gained;

	return by ? gained[KIDOS_RX].packets + gained[KIDOS_TX].packets
		  : gained[KIDOS_RX].bytes + gained[KIDOS_TX].bytes;
}

static void rank_items(const struct kidos_flow_series *series, int by, struct ranking *ranking)
{
	for (size_t i = 0; i < series->count; i++) {
		uint64_t weight = weight_of(&series->items[i], by);

		if (weight)
			ranking->items[ranking->count++] = (struct candidate){
				.weight = weight, .item = i, .slot = series->items[i].key.slot
			};
	}
}

static void rank_talkers(const struct kidos_talkers *talkers, struct ranking *ranking)
{
	for (size_t i = 0; i < KIDOS_TALKERS; i++) {
		const struct kidos_talker_set *set = &talkers->sets[i / KIDOS_TALKER_WAYS];
		uint64_t weight = set->weights[i % KIDOS_TALKER_WAYS];

		if (weight)
			ranking->items[ranking->count++] =
				(struct candidate){ .weight = weight,
						    .talker = &talkers->keys[i],
						    .slot = talkers->keys[i].slot };
	}
}

static int rank(struct selection *selection)
{
	const struct kidos_flow_series *series = selection->series;

	for (int by = 0; by < 2; by++) {
		struct ranking *ranking = &selection->by[by];

		ranking->items = calloc(series->count + KIDOS_TALKERS, sizeof(*ranking->items));
		if (!ranking->items)
			return -ENOMEM;
		rank_items(series, by, ranking);
		rank_talkers(series->by[by], ranking);
		qsort(ranking->items, ranking->count, sizeof(*ranking->items), by_slot_and_weight);
	}
	return 0;
}

static struct kidos_series *open_talker(struct selection *selection,
					const struct kidos_series_key *key)
{
	const char *instance = selection->instances[key->slot];
	struct kidos_flow_series *series = selection->series;
	char name[KIDOS_SERIES_NAME];
	size_t index, freed;

	if (!instance)
		return NULL;
	kidos_series_name(key, name);
	index = kidos_names_take(&series->names, instance, name, selection->now, &freed);
	if (freed != KIDOS_NAME_NONE)
		kidos_series_close(series, freed);
	series->refused |= index == KIDOS_NAME_NONE;
	return index == KIDOS_NAME_NONE ? NULL : kidos_series_open(series, key, index);
}

/* Takes a ranking's next flow of the slot that the other ranking has not taken. */
static bool take_next(struct selection *selection, struct ranking *ranking, unsigned int slot)
{
	struct kidos_flow_series *series = selection->series;

	while (ranking->at < ranking->count && ranking->items[ranking->at].slot == slot) {
		const struct candidate *next = &ranking->items[ranking->at++];
		struct kidos_series *item = next->talker ? kidos_series_find(series, next->talker)
							 : &series->items[next->item];

		if (item && item->ranked == series->selections)
			continue;
		if (!item)
			item = open_talker(selection, next->talker);
		if (item)
			item->ranked = series->selections;
		return true;
	}
	return false;
}

static void select_slot(struct selection *selection, unsigned int slot)
{
	bool more[2] = { true, true };
	uint64_t taken = 0;

	while (taken < selection->series->top && (more[0] || more[1]))
		for (int by = 0; by < 2 && taken < selection->series->top; by++) {
			more[by] = take_next(selection, &selection->by[by], slot);
			taken += more[by];
		}
	for (int by = 0; by < 2; by++) {
		struct ranking *ranking = &selection->by[by];

		while (ranking->at < ranking->count && ranking->items[ranking->at].slot == slot)
			ranking->at++;
	}
}

static int select_talkers(struct selection *selection)
{
	int error = rank(selection);

	selection->series->selections++;
	for (unsigned int slot = 0; !error && slot < selection->series->slot_count; slot++)
		select_slot(selection, slot);
	kidos_series_sweep(selection->series);
	free(selection->by[0].items);
	free(selection->by[1].items);
	return error;
}

/* Configured classes: all are sent from the interface's first poll on. */
static int open_groups(struct kidos_flow_series *series, unsigned int slot)
{
	struct kidos_series_key key;

	for (size_t i = 0; i < series->rule.group_count; i++) {
		kidos_series_group_key(&series->rule, i, slot, &key);
		if (!kidos_series_find(series, &key) &&
		    !kidos_series_open(series, &key, KIDOS_NAME_NONE))
			return -ENOMEM;
	}
	series->slots[slot].grouped = true;
	return 0;
}

static int select_groups(struct kidos_flow_series *series, const char *const *instances)
{
	int error = 0;

	for (unsigned int slot = 1; !error && slot < series->slot_count; slot++)
		if (instances[slot] && !series->slots[slot].grouped)
			error = open_groups(series, slot);
	return error;
}

static void see_names(struct kidos_flow_series *series, uint64_t now)
{
	for (size_t i = 0; i < series->count; i++) {
		const struct kidos_series *item = &series->items[i];

		if (item->remembered != KIDOS_NAME_NONE &&
		    (weight_of(item, 0) || weight_of(item, 1)))
			kidos_names_seen(&series->names, item->remembered, now);
	}
}

int kidos_series_select(struct kidos_flow_series *series, const char *const *instances,
			uint64_t now)
{
	struct selection selection = { .series = series, .instances = instances, .now = now };

	if (series->rule.by == KIDOS_SERIES_GROUP)
		return select_groups(series, instances);
	if (!series->by[0])
		return 0;
	see_names(series, now);
	return select_talkers(&selection);
}
