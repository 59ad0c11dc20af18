/* SPDX-License-Identifier: MIT */
#include "drops/tally.h"
#include "core/hash.h"
#include "core/names.h"
#include "core/sample.h"

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

int kidos_drop_tally_init(struct kidos_drop_tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	for (unsigned int part = 0; part < KIDOS_DROP_PARTS; part++)
		part_init(&tally->parts[part]);
	for (unsigned int c = 0; c < KIDOS_CLASSES; c++)
		series_of(&tally->parts[KIDOS_DROP_CLASS], kidos_class_names[c]);
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
	return (uint32_t)kidos_hash_words(key, sizeof(*key) / sizeof(uint64_t), 0) & (PLACES - 1);
}

struct kidos_drop_last *kidos_drop_tally_last(struct kidos_drop_tally *tally,
					      const struct kidos_drop_key *key)
{
	struct kidos_drop_last *last;

	for (uint32_t i = 0, place = home_of(key); i < PLACES;
	     i++, place = (place + 1) & (PLACES - 1)) {
		last = &tally->last[place];
		if (last->seen && memcmp(&last->key, key, sizeof(*key)))
			continue;
		last->key = *key;
		return last;
	}
	return NULL;
}

/* Open addressing: who stands behind a free place may have been kept from it. */
static void forget(struct kidos_drop_tally *tally, struct kidos_drop_last *last)
{
	uint32_t hole = (uint32_t)(last - tally->last), place = hole, home;

	for (;;) {
		place = (place + 1) & (PLACES - 1);
		if (!tally->last[place].seen)
			break;
		home = home_of(&tally->last[place].key);
		if (((place - home) & (PLACES - 1)) < ((place - hole) & (PLACES - 1)))
			continue;
		tally->last[hole] = tally->last[place];
		hole = place;
	}
	tally->last[hole] = (struct kidos_drop_last){};
}

void kidos_drop_tally_move(struct kidos_drop_tally *tally, const struct kidos_drop_key *from,
			   const struct kidos_drop_key *to)
{
	struct kidos_drop_last *last = kidos_drop_tally_last(tally, from), moved;

	if (!last || !last->seen)
		return;
	moved = *last;
	forget(tally, last);
	last = kidos_drop_tally_last(tally, to);
	if (!last)
		return;
	last->seen += moved.seen;
	last->sent += moved.sent;
}

static bool is_ready(const struct kidos_drop_series *series)
{
	return series->emitted >= KIDOS_SERIES_ZEROS;
}

bool kidos_drop_tally_add(struct kidos_drop_tally *tally, const struct kidos_drop_kind *kind,
			  uint64_t packets)
{
	struct kidos_drop_series *series[KIDOS_DROP_PARTS];
	bool ready = true;

	for (unsigned int part = 0; part < KIDOS_DROP_PARTS; part++) {
		series[part] = kind->benign ? &tally->parts[part].series[KIDOS_DROP_BENIGN]
					    : series_of(&tally->parts[part], kind->names[part]);
		ready &= is_ready(series[part]);
	}
	for (unsigned int part = 0; ready && part < KIDOS_DROP_PARTS; part++)
		series[part]->packets += packets;
	return ready;
}

void kidos_drop_tally_emitted(struct kidos_drop_tally *tally)
{
	for (unsigned int i = 0; i < KIDOS_DROP_PARTS; i++) {
		struct kidos_drop_part *part = &tally->parts[i];

		for (size_t j = 0; j < part->count; j++)
			part->series[j].emitted++;
	}
	tally->emitted++;
}
