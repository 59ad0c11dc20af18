/* SPDX-License-Identifier: MIT */
#include "drop_tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES (2u * KIDOS_DROP_KEYS) /* a power of two, at most half full */

static void part_init(struct kidos_drop_part *part)
{
	snprintf(part->series[KIDOS_DROP_OTHER].name, KIDOS_DROP_NAME, "other");
	snprintf(part->series[KIDOS_DROP_BENIGN].name, KIDOS_DROP_NAME, "benign");
	part->count = 2;
}

int kidos_drop_tally_init(struct kidos_drop_tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	part_init(&tally->reasons);
	part_init(&tally->places);
	tally->last = calloc(PLACES, sizeof(*tally->last));
	return tally->last ? 0 : -ENOMEM;
}

void kidos_drop_tally_free(struct kidos_drop_tally *tally)
{
	free(tally->last);
	tally->last = NULL;
}

static uint32_t home_of(const struct kidos_drop_key *key)
{
	uint64_t words[sizeof(*key) / 8], hash = 0;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / 8; i++)
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(hash >> 32) & (PLACES - 1);
}

uint64_t kidos_drop_tally_delta(struct kidos_drop_tally *tally, const struct kidos_drop_key *key,
				uint64_t count)
{
	struct kidos_drop_last *last;
	uint64_t delta;

	for (uint32_t i = 0, place = home_of(key); i < PLACES;
	     i++, place = (place + 1) & (PLACES - 1)) {
		last = &tally->last[place];
		if (last->count && memcmp(&last->key, key, sizeof(*key)))
			continue;
		delta = count - last->count;
		last->key = *key;
		last->count = count;
		return delta;
	}
	return 0;
}

static struct kidos_drop_series *series_of(struct kidos_drop_part *part, const char *name)
{
	struct kidos_drop_series *series;

	if (!name)
		return &part->series[KIDOS_DROP_OTHER];
	for (size_t i = 0; i < part->count; i++)
		if (!strncmp(part->series[i].name, name, KIDOS_DROP_NAME - 1))
			return &part->series[i];
	if (part->count == KIDOS_DROP_SERIES)
		return &part->series[KIDOS_DROP_OTHER];
	series = &part->series[part->count++];
	snprintf(series->name, sizeof(series->name), "%s", name);
	return series;
}

void kidos_drop_tally_add(struct kidos_drop_tally *tally, const struct kidos_drop_kind *kind,
			  uint64_t packets)
{
	if (kind->benign) {
		tally->reasons.series[KIDOS_DROP_BENIGN].packets += packets;
		tally->places.series[KIDOS_DROP_BENIGN].packets += packets;
		tally->benign += packets;
		return;
	}
	series_of(&tally->reasons, kind->reason)->packets += packets;
	series_of(&tally->places, kind->place)->packets += packets;
	tally->classes[kind->class] += packets;
}
