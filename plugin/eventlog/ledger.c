/* SPDX-License-Identifier: MIT */
#include "eventlog/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SAMPLES 4096u /* of which the middle one stands for that of all */

int kidos_ledger_init(struct kidos_ledger *ledger, size_t key, size_t entry, size_t room)
{
	size_t places = 64;

	while (places < 2 * room)
		places *= 2;
	*ledger = (struct kidos_ledger){ .key = key,
					 .entry = entry,
					 .room = room,
					 .entries = calloc(room, entry),
					 .index = calloc(places, sizeof(*ledger->index)),
					 .mask = places - 1 };
	/* Whoever wrote the log cannot know which keys meet. */
	if (getrandom(&ledger->seed, sizeof(ledger->seed), 0) != sizeof(ledger->seed))
		return -errno;
	return ledger->entries && ledger->index ? 0 : -ENOMEM;
}

void kidos_ledger_free(struct kidos_ledger *ledger)
{
	free(ledger->entries);
	free(ledger->index);
	*ledger = (struct kidos_ledger){};
}

/* A multiplication of 64 by 64 bits, folded, for each 16 bytes. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const struct kidos_ledger *ledger, const void *key)
{
	uint64_t hash = ledger->seed, words[2];

	for (size_t i = 0; i < ledger->key; i += sizeof(words)) {
		size_t count = ledger->key - i < sizeof(words) ? ledger->key - i : sizeof(words);

		words[1] = 0;
		memcpy(words, (const char *)key + i, count);
		hash = fold(words[0] ^ hash ^ 0x9e3779b97f4a7c15u,
			    words[1] ^ ledger->seed ^ 0xd6e8feb86659fd93u) +
		       hash;
	}
	return fold(hash, 0xa0761d6478bd642fu);
}

/* The key's place in the index, or the free one where it would be. */
static uint32_t *place_of(const struct kidos_ledger *ledger, const void *key)
{
	size_t at = hash_of(ledger, key) & ledger->mask;

	while (ledger->index[at] &&
	       memcmp(kidos_ledger_at(ledger, ledger->index[at] - 1), key, ledger->key))
		at = (at + 1) & ledger->mask;
	return &ledger->index[at];
}

void *kidos_ledger_find(const struct kidos_ledger *ledger, const void *key)
{
	uint32_t place = *place_of(ledger, key);

	return place ? kidos_ledger_at(ledger, place - 1) : NULL;
}

void kidos_ledger_keep(struct kidos_ledger *ledger, bool (*stays)(const void *entry, void *context),
		       void *context)
{
	size_t kept = 0;

	memset(ledger->index, 0, (ledger->mask + 1) * sizeof(*ledger->index));
	for (size_t i = 0; i < ledger->count; i++) {
		void *entry = kidos_ledger_at(ledger, i);

		if (!stays(entry, context))
			continue;
		if (kept != i)
			memcpy(kidos_ledger_at(ledger, kept), entry, ledger->entry);
		*place_of(ledger, entry) = (uint32_t)++kept;
	}
	ledger->count = kept;
}

static int by_number(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* About half of all entries have no more bytes. */
static uint64_t middle_of(const struct kidos_ledger *ledger)
{
	uint64_t samples[SAMPLES];
	size_t count = ledger->count < SAMPLES ? ledger->count : SAMPLES;

	for (size_t i = 0; i < count; i++) {
		void *entry = kidos_ledger_at(ledger, i * ledger->count / count);

		samples[i] = kidos_ledger_tally(ledger, entry)->bytes;
	}
	qsort(samples, count, sizeof(*samples), by_number);
	return samples[count / 2];
}

struct making_room {
	struct kidos_ledger *ledger;
	uint64_t bytes;
};

static bool has_more(const void *entry, void *context)
{
	const struct making_room *room = context;
	struct kidos_ledger *ledger = room->ledger;
	struct kidos_tally *tally = (struct kidos_tally *)((const char *)entry + ledger->key);

	if (tally->bytes > room->bytes) {
		tally->bytes -= room->bytes;
		return true;
	}
	if (tally->packets > room->ledger->packets_lost)
		room->ledger->packets_lost = tally->packets;
	return false;
}

static void make_room(struct kidos_ledger *ledger)
{
	struct making_room room = { ledger, middle_of(ledger) };
	uint64_t lost = ledger->packets_lost;

	ledger->packets_lost = 0;
	ledger->taken += room.bytes;
	kidos_ledger_keep(ledger, has_more, &room);
	ledger->packets_lost += lost;
}

void *kidos_ledger_put(struct kidos_ledger *ledger, const void *key, bool *fresh)
{
	uint32_t *place = place_of(ledger, key);
	char *entry;

	*fresh = !*place;
	if (*place)
		return kidos_ledger_at(ledger, *place - 1);
	if (ledger->count == ledger->room)
		return NULL;
	*place = (uint32_t)++ledger->count;
	entry = kidos_ledger_at(ledger, *place - 1);
	memset(entry, 0, ledger->entry);
	memcpy(entry, key, ledger->key);
	return entry;
}

void *kidos_ledger_add(struct kidos_ledger *ledger, const void *key, uint64_t packets,
		       uint64_t bytes, bool *fresh)
{
	void *entry = kidos_ledger_put(ledger, key, fresh);
	struct kidos_tally *tally;

	if (!entry) {
		make_room(ledger);
		entry = kidos_ledger_put(ledger, key, fresh);
	}
	tally = (struct kidos_tally *)((char *)entry + ledger->key);
	tally->packets += packets;
	tally->bytes += bytes;
	return entry;
}

bool kidos_ledger_by_bytes(const struct kidos_ledger *ledger, const void *a, const void *b)
{
	const struct kidos_tally *left = kidos_ledger_tally(ledger, a);
	const struct kidos_tally *right = kidos_ledger_tally(ledger, b);

	if (left->bytes != right->bytes)
		return left->bytes > right->bytes;
	if (left->packets != right->packets)
		return left->packets > right->packets;
	return memcmp(a, b, ledger->key) < 0;
}

static void swap(const struct kidos_ledger *ledger, size_t a, size_t b)
{
	char entry[128];

	memcpy(entry, kidos_ledger_at(ledger, a), ledger->entry);
	memcpy(kidos_ledger_at(ledger, a), kidos_ledger_at(ledger, b), ledger->entry);
	memcpy(kidos_ledger_at(ledger, b), entry, ledger->entry);
}

/* A few of very many: each goes up among the first as far as it belongs. */
size_t kidos_ledger_top(struct kidos_ledger *ledger, size_t most, kidos_ledger_order before)
{
	size_t count = 0;

	for (size_t i = 0; i < ledger->count && most; i++) {
		size_t at = count < most ? count++ : most - 1;

		if (at != i &&
		    !before(ledger, kidos_ledger_at(ledger, i), kidos_ledger_at(ledger, at)))
			continue;
		if (at != i)
			swap(ledger, i, at);
		for (; at &&
		       before(ledger, kidos_ledger_at(ledger, at), kidos_ledger_at(ledger, at - 1));
		     at--)
			swap(ledger, at, at - 1);
	}
	return count;
}

static size_t count_up_to(const struct kidos_ledger *ledger, uint64_t bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < ledger->count; i++)
		count += kidos_ledger_tally(ledger, kidos_ledger_at(ledger, i))->bytes <= bytes;
	return count;
}

/* Halves the range of what it may be: 64 walks, where sorting would take a copy. */
uint64_t kidos_ledger_bytes_at(const struct kidos_ledger *ledger, size_t rank)
{
	uint64_t low = 0, high = UINT64_MAX;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (count_up_to(ledger, middle) > rank)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
