/* SPDX-License-Identifier: MIT */
#include "core/tally.h"
#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

static size_t hash_of(const char *text)
{
	uint64_t hash = kidos_fnv(KIDOS_FNV, text, strlen(text));

	return (size_t)(hash ^ hash >> 32);
}

/* The text's place, or the free one where it belongs: there always is one. */
static uint32_t *find(const struct kidos_tally *tally, const char *text)
{
	size_t place = hash_of(text) & tally->mask;

	while (tally->places[place] && strcmp(tally->rows[tally->places[place] - 1].text, text))
		place = (place + 1) & tally->mask;
	return &tally->places[place];
}

/* Twice as many rows, and twice as many places as rows. */
static bool grow(struct kidos_tally *tally)
{
	size_t room = tally->room ? 2 * tally->room : FIRST_ROOM;
	struct kidos_tally_row *rows = reallocarray(tally->rows, room, sizeof(*rows));
	uint32_t *places;

	if (!rows)
		return false;
	tally->rows = rows;
	places = calloc(2 * room, sizeof(*places));
	if (!places)
		return false;
	free(tally->places);
	tally->room = room;
	tally->places = places;
	tally->mask = 2 * room - 1;
	for (size_t i = 0; i < tally->count; i++)
		*find(tally, rows[i].text) = (uint32_t)i + 1;
	return true;
}

bool kidos_tally_add(struct kidos_tally *tally, const char *text, uint64_t count)
{
	uint32_t *place;

	if (tally->count == tally->room && !grow(tally))
		return false;
	place = find(tally, text);
	if (!*place) {
		char *copy = strdup(text);

		if (!copy)
			return false;
		tally->rows[tally->count] = (struct kidos_tally_row){ .text = copy };
		*place = (uint32_t)++tally->count;
	}
	tally->rows[*place - 1].count += count;
	return true;
}

uint64_t kidos_tally_get(const struct kidos_tally *tally, const char *text)
{
	uint32_t place = tally->places ? *find(tally, text) : 0;

	return place ? tally->rows[place - 1].count : 0;
}

static int compare(const void *a, const void *b)
{
	const struct kidos_tally_row *left = a, *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return strcmp(left->text, right->text);
}

void kidos_tally_sort(struct kidos_tally *tally)
{
	if (tally->count)
		qsort(tally->rows, tally->count, sizeof(*tally->rows), compare);
}

void kidos_tally_free(struct kidos_tally *tally)
{
	for (size_t i = 0; i < tally->count; i++)
		free(tally->rows[i].text);
	free(tally->rows);
	free(tally->places);
	*tally = (struct kidos_tally){};
}
