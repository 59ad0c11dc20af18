/* SPDX-License-Identifier: MIT */
/*
 * ledger.h: packets and bytes by key, in a fixed room: exact while there are
 * no more keys than that. Beyond, the bytes of a middling key are taken off
 * every one, and those with no more than that go: a key's bytes are then too
 * low by what was taken so far at most, which is no more than all bytes over
 * half the room. That is what Misra and Gries do, and Metwally's space-saving
 * but for where the bound is added, with room made for many keys at once
 * (Anderson and others, IMC 2017).
 */
#ifndef KIDOS_EVENTLOG_LEDGER_H
#define KIDOS_EVENTLOG_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An entry begins with its key; behind it may come these, then what is the user's. */
struct kidos_tally {
	uint64_t packets, bytes;
};

struct kidos_ledger {
	size_t key; /* bytes of a key, a multiple of 8 where tallies follow */
	size_t entry; /* bytes of an entry */
	size_t room, count; /* entries */
	char *entries; /* untouched pages take no memory */
	uint32_t *index; /* open-addressed: 1 + place, 0: free */
	size_t mask;
	uint64_t seed;
	uint64_t taken; /* bytes taken off every entry so far: the bound; 0: exact */
	uint64_t packets_lost; /* of a key, at most */
};

/* 0 or -ENOMEM; free it either way. */
int kidos_ledger_init(struct kidos_ledger *ledger, size_t key, size_t entry, size_t room);
void kidos_ledger_free(struct kidos_ledger *ledger);

/* NULL: there is none. */
void *kidos_ledger_find(const struct kidos_ledger *ledger, const void *key);

/*
 * The entry, made if need be with zeros behind its key, which fresh says;
 * NULL: there is no room. Valid until the next entry is made.
 */
void *kidos_ledger_put(struct kidos_ledger *ledger, const void *key, bool *fresh);

/* The same, of a ledger with tallies: makes room, and adds to the entry's. */
void *kidos_ledger_add(struct kidos_ledger *ledger, const void *key, uint64_t packets,
		       uint64_t bytes, bool *fresh);

static inline const struct kidos_tally *kidos_ledger_tally(const struct kidos_ledger *ledger,
							   const void *entry)
{
	return (const struct kidos_tally *)((const char *)entry + ledger->key);
}

static inline void *kidos_ledger_at(const struct kidos_ledger *ledger, size_t place)
{
	return ledger->entries + place * ledger->entry;
}

/* Removes the entries that do not stay. */
void kidos_ledger_keep(struct kidos_ledger *ledger, bool (*stays)(const void *entry, void *context),
		       void *context);

/* Does entry a come before b? */
typedef bool (*kidos_ledger_order)(const struct kidos_ledger *ledger, const void *a, const void *b);

/* By bytes, then packets, then key. */
bool kidos_ledger_by_bytes(const struct kidos_ledger *ledger, const void *a, const void *b);

/*
 * Puts the first entries ahead, in their order; returns how many, up to most.
 * Ends the ledger's life but for kidos_ledger_at and free.
 */
size_t kidos_ledger_top(struct kidos_ledger *ledger, size_t most, kidos_ledger_order before);

/* The bytes of the entry that would be at this place if they were sorted, fewest first. */
uint64_t kidos_ledger_bytes_at(const struct kidos_ledger *ledger, size_t rank);

#endif
