/* SPDX-License-Identifier: MIT */
#include "flows/reader.h"
#include "core/flow_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HALF (1u << 31) /* counts further apart are in the other order */

int kidos_reader_init(struct kidos_reader *reader, const struct kidos_meta *meta,
		      kidos_gained gained, void *context)
{
	size_t entries = ((size_t)meta->set_mask + 1) * KIDOS_WAYS, places = 64;

	*reader = (struct kidos_reader){
		.meta = meta, .seed = kidos_key_seed(), .gained = gained, .context = context
	};
	reader->active_of = calloc(meta->slots, sizeof(*reader->active_of));
	while (places < 2 * meta->max_flows)
		places *= 2;
	reader->hashed_mask = places - 1;
	/* Untouched pages of calloc take no memory. */
	if (gained && meta->baseline)
		reader->hashed = calloc(places, sizeof(*reader->hashed));
	else if (gained)
		reader->last = calloc(entries, sizeof(*reader->last));
	return !reader->active_of || (gained && !reader->hashed && !reader->last) ? -ENOMEM : 0;
}

void kidos_reader_free(struct kidos_reader *reader)
{
	free(reader->active_of);
	free(reader->hashed);
	free(reader->last);
	*reader = (struct kidos_reader){};
}

void kidos_reader_begin(struct kidos_reader *reader)
{
	struct kidos_clock clock;

	kidos_clock_now(&clock, reader->meta);
	reader->now = kidos_clock_units(&clock);
	reader->at.now = reader->now;
	reader->active = 0;
	memset(reader->active_of, 0, reader->meta->slots * sizeof(*reader->active_of));
}

static bool tally(struct kidos_reader *reader, uint32_t slot, uint32_t last)
{
	if (slot >= reader->meta->slots || kidos_age(reader->now, last) >= reader->meta->idle)
		return false;
	reader->active_of[slot]++;
	reader->active++;
	return true;
}

/*
 * A packet that came too late for the last owner is added and taken back at
 * once: a count may be seen too high, and is waited for then.
 */
static void compare(struct kidos_last_read *last, uint32_t packets, uint64_t bytes,
		    struct kidos_count *gained)
{
	*gained = (struct kidos_count){};
	if (packets - last->packets < HALF) {
		gained->packets = packets - last->packets;
		last->packets = packets;
	}
	if (bytes > last->bytes) {
		gained->bytes = bytes - last->bytes;
		last->bytes = bytes;
	}
}

/* reader->at, whose counts are set; active: tally() said so. */
static void tell(const struct kidos_reader *reader, bool active)
{
	const struct kidos_flow_seen *at = &reader->at;

	if (at->gained.packets || at->gained.bytes)
		reader->gained(reader->context, at->key, &at->gained);
	if (active && reader->seen)
		reader->seen(reader->context, at);
}

/* An entry whose owner the last scan knew. */
static void read_known(struct kidos_reader *reader, const struct kidos_flow *flow, uint64_t before,
		       struct kidos_last_read *last)
{
	uint64_t bytes = __atomic_load_n(&flow->bytes, __ATOMIC_RELAXED), after;
	struct kidos_flow_seen *at = &reader->at;
	struct kidos_flow_key key = flow->key;
	bool active;

	at->key = &key;
	at->last = __atomic_load_n(&flow->last, __ATOMIC_RELAXED);
	at->marks = __atomic_load_n(&flow->marks, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = __atomic_load_n(&flow->state, __ATOMIC_RELAXED);
	if (((uint32_t)before ^ (uint32_t)after) & ~KIDOS_STATE_OVERFLOWED)
		return;
	active = tally(reader, kidos_key_slot(&key), at->last);
	at->packets = (uint32_t)(after >> KIDOS_STATE_PACKETS_SHIFT);
	compare(last, at->packets, bytes, &at->gained);
	tell(reader, active);
}

/* Owners of an entry, in the order that they had it, are counted in 30 bits. */
static bool is_later(uint32_t owner, uint32_t than)
{
	uint32_t apart = (owner - than) << 2;

	return than && apart && apart < HALF;
}

static void tell_fresh(struct kidos_reader *reader, const struct kidos_fresh *fresh)
{
	struct kidos_last_read *last = &reader->last[fresh->entry];
	struct kidos_flow_seen *at = &reader->at;
	bool active = tally(reader, kidos_key_slot(&fresh->flow.key), fresh->flow.last);

	/* It was evicted since, and is counted in full. */
	if (is_later(last->owner, fresh->flow.owner))
		return;
	if (last->owner != fresh->flow.owner)
		*last = (struct kidos_last_read){ .owner = fresh->flow.owner };
	at->entry = fresh->entry;
	at->key = &fresh->flow.key;
	at->last = fresh->flow.last;
	at->marks = fresh->flow.marks;
	at->packets = (uint32_t)fresh->flow.packets;
	compare(last, at->packets, fresh->flow.bytes, &at->gained);
	tell(reader, active);
}

/*
 * Whoever had an entry was told of before its next owner began. What is asked
 * for once that one was read has it, compared with what was last read of it;
 * only then is that overwritten.
 */
static void tell_all_fresh(struct kidos_reader *reader)
{
	if (reader->fresh_count && reader->evicted)
		reader->evicted(reader->context);
	for (size_t i = 0; i < reader->fresh_count; i++)
		tell_fresh(reader, &reader->fresh[i]);
	reader->fresh_count = 0;
}

static void read_fresh(struct kidos_reader *reader, const struct kidos_flow *flow, size_t entry)
{
	struct kidos_fresh *fresh = &reader->fresh[reader->fresh_count];

	if (!kidos_flow_read(flow, &fresh->flow))
		return;
	fresh->entry = entry;
	if (++reader->fresh_count == KIDOS_READER_FRESH)
		tell_all_fresh(reader);
}

/* For those who want no deltas. */
static void read_active(struct kidos_reader *reader, const struct kidos_flow *flow)
{
	struct kidos_flow_reading reading;

	if (kidos_flow_read(flow, &reading))
		tally(reader, kidos_key_slot(&reading.key), reading.last);
}

void kidos_reader_table(struct kidos_reader *reader, const struct kidos_flow_set *sets,
			size_t count)
{
	struct kidos_last_read *last = reader->last;

	for (size_t i = 0; i < count * KIDOS_WAYS; i++) {
		const struct kidos_flow *flow = &sets[i / KIDOS_WAYS].ways[i % KIDOS_WAYS];
		uint64_t state = __atomic_load_n(&flow->state, __ATOMIC_ACQUIRE);
		uint32_t owner = kidos_state_owner(state);

		if (!owner || state & KIDOS_STATE_WRITING)
			continue;
		reader->at.entry = i;
		if (!last)
			read_active(reader, flow);
		else if (last[i].owner == owner)
			read_known(reader, flow, state, &last[i]);
		else
			read_fresh(reader, flow, i);
	}
	tell_all_fresh(reader);
}

static uint64_t hash_of(const struct kidos_reader *reader, const struct kidos_flow_key *key)
{
	return kidos_key_hash(key, reader->seed) | 1;
}

/* The key's place, or the free one where it would be. */
static size_t place_in(const struct kidos_last_hashed *table, size_t mask, uint64_t hash)
{
	size_t at = hash >> 1 & mask;

	while (table[at].hash && table[at].hash != hash)
		at = (at + 1) & mask;
	return at;
}

static struct kidos_last_hashed *place_of(const struct kidos_reader *reader, uint64_t hash)
{
	return &reader->hashed[place_in(reader->hashed, reader->hashed_mask, hash)];
}

bool kidos_reader_hashed(struct kidos_reader *reader, const struct kidos_flow_key *key,
			 const struct kidos_flow_baseline *flow)
{
	bool active = tally(reader, kidos_key_slot(key), flow->last);
	struct kidos_last_hashed *last;

	if (!reader->hashed)
		return active;
	reader->at = (struct kidos_flow_seen){ .key = key,
					       .packets = (uint32_t)flow->packets,
					       .marks = flow->marks,
					       .last = flow->last,
					       .now = reader->now,
					       .detail = &flow->detail };
	last = place_of(reader, hash_of(reader, key));
	last->hash = hash_of(reader, key);
	if (flow->packets > last->packets)
		reader->at.gained.packets = flow->packets - last->packets;
	if (flow->bytes > last->bytes)
		reader->at.gained.bytes = flow->bytes - last->bytes;
	last->packets = flow->packets;
	last->bytes = flow->bytes;
	tell(reader, active);
	return active;
}

/* A walk of the map may come to an entry twice: the second time it is in the reader's table. */
bool kidos_reader_hashed_after(struct kidos_reader *reader, const struct kidos_last_hashed *before,
			       const struct kidos_flow_key *key,
			       const struct kidos_flow_baseline *flow)
{
	uint64_t hash = hash_of(reader, key);
	struct kidos_last_hashed *last = place_of(reader, hash);

	if (!last->hash)
		*last = before[place_in(before, reader->hashed_mask, hash)];
	if (flow->packets < last->packets) /* it was gone in between */
		*last = (struct kidos_last_hashed){};
	return kidos_reader_hashed(reader, key, flow);
}

void kidos_reader_forget_all(struct kidos_reader *reader)
{
	memset(reader->hashed, 0, (reader->hashed_mask + 1) * sizeof(*reader->hashed));
}

/* Those behind it move up, so that no search ends early. */
void kidos_reader_forget(struct kidos_reader *reader, const struct kidos_flow_key *key)
{
	struct kidos_last_hashed *table = reader->hashed, moved;
	size_t mask = reader->hashed_mask, at;

	if (!table)
		return;
	at = (size_t)(place_of(reader, hash_of(reader, key)) - table);
	table[at] = (struct kidos_last_hashed){};
	for (at = (at + 1) & mask; table[at].hash; at = (at + 1) & mask) {
		moved = table[at];
		table[at] = (struct kidos_last_hashed){};
		*place_of(reader, moved.hash) = moved;
	}
}

bool kidos_reader_spilled(struct kidos_reader *reader, const struct kidos_spill *spill,
			  struct kidos_count *gained)
{
	size_t entries = ((size_t)reader->meta->set_mask + 1) * KIDOS_WAYS;
	struct kidos_last_read *last;

	if (!reader->last || spill->entry >= entries)
		return false;
	last = &reader->last[spill->entry];
	if (is_later(last->owner, spill->owner))
		return false;
	if (last->owner != spill->owner)
		*last = (struct kidos_last_read){ .owner = spill->owner };
	compare(last, (uint32_t)spill->packets, spill->bytes, gained);
	return true;
}
