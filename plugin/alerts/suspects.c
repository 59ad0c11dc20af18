/* SPDX-License-Identifier: MIT */
#include "alerts/suspects.h"

static uint32_t weight(const struct kidos_suspect *suspect)
{
	return suspect->flows > suspect->before ? suspect->flows : suspect->before;
}

/* The least of a set; of equals another one each time, so that a storm does not hit the same. */
static struct kidos_suspect *least_of(struct kidos_suspects *suspects, struct kidos_suspect *set)
{
	struct kidos_suspect *least = NULL;

	suspects->turn++;
	for (unsigned int i = 0; i < KIDOS_SUSPECT_WAYS; i++) {
		struct kidos_suspect *item = &set[(i + suspects->turn) % KIDOS_SUSPECT_WAYS];

		if (!least || weight(item) < weight(least))
			least = item;
	}
	return weight(least) <= 1 ? least : NULL;
}

static struct kidos_suspect *place_in(struct kidos_suspects *suspects, struct kidos_suspect *set)
{
	for (unsigned int i = 0; i < KIDOS_SUSPECT_WAYS; i++)
		if (!set[i].hash)
			return &set[i];
	set = least_of(suspects, set);
	suspects->evicted += set != NULL;
	return set;
}

struct kidos_suspect *kidos_suspect_of(struct kidos_suspects *suspects, uint64_t hash)
{
	size_t first = hash % KIDOS_SUSPECT_SETS * KIDOS_SUSPECT_WAYS;
	struct kidos_suspect *place;

	for (size_t i = first; i < first + KIDOS_SUSPECT_WAYS; i++)
		if (suspects->hashes[i] == hash && suspects->items[i].hash == hash)
			return &suspects->items[i];
	place = place_in(suspects, &suspects->items[first]);
	if (!place)
		return NULL;
	*place = (struct kidos_suspect){};
	suspects->hashes[place - suspects->items] = hash;
	return place;
}

void kidos_suspect_add(struct kidos_suspect *suspect, uint32_t thing)
{
	suspect->flows++;
	if (suspect->distinct == KIDOS_DISTINCT)
		return;
	for (uint32_t i = 0; i < suspect->distinct; i++)
		if (suspect->seen[i] == thing)
			return;
	suspect->seen[suspect->distinct++] = thing;
}

void kidos_suspects_begin(struct kidos_suspects *suspects)
{
	for (unsigned int i = 0; i < KIDOS_SUSPECTS; i++) {
		struct kidos_suspect *item = &suspects->items[i];

		item->before = item->flows;
		item->whole = item->hash;
		item->flows = item->distinct = 0;
		item->half = item->checked = item->refused = 0;
	}
}
