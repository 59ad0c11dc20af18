/* SPDX-License-Identifier: MIT */
/*
 * reader.h: the scan of the flow table that a poll makes: who is active, and
 * what each entry gained since the last scan.
 */
#ifndef KIDOS_FLOWS_READER_H
#define KIDOS_FLOWS_READER_H

#include "core/flow_seen.h"
#include "state/entry.h"

#include <stdbool.h>

/* What the last scan saw of an entry. */
struct kidos_last_read {
	uint64_t bytes;
	uint32_t packets; /* modulo 2^32 */
	uint32_t owner;
};

/* The same of the hash map's, which have no place of their own. */
struct kidos_last_hashed {
	uint64_t hash; /* of the key, 0: free */
	uint64_t bytes;
	uint64_t packets;
};

/* key: valid during the call only. */
typedef void (*kidos_gained)(void *context, const struct kidos_flow_key *key,
			     const struct kidos_count *gained);

/* Each flow that had a packet within IdleTimeout, at every scan. */
typedef void (*kidos_seen)(void *context, const struct kidos_flow_seen *flow);

/* Asks for what was evicted so far: kidos_reader_spilled() is to be told of each. */
typedef void (*kidos_evicted)(void *context);

#define KIDOS_READER_FRESH 64

/* An entry that has another flow than the last scan saw there. */
struct kidos_fresh {
	struct kidos_flow_reading flow;
	size_t entry;
};

struct kidos_reader {
	const struct kidos_meta *meta;
	uint64_t seed; /* of hashed */
	struct kidos_last_read *last; /* parallel to the table; NULL: nobody wants deltas */
	struct kidos_last_hashed *hashed; /* baseline rung: open-addressed, at most half full */
	size_t hashed_mask;
	uint32_t now; /* kidos time units */
	uint64_t active; /* entries with a packet within IdleTimeout, of this scan */
	uint64_t *active_of; /* ... by slot */
	kidos_gained gained;
	void *context;
	struct kidos_flow_seen at; /* the flow that `gained` and `seen` are called for */
	/* Set after init, with deltas wanted. NULL: nobody judges flows; nothing is evicted. */
	kidos_seen seen;
	kidos_evicted evicted;
	/* Not told of yet: what their entries had before is asked for at once for all of them. */
	struct kidos_fresh fresh[KIDOS_READER_FRESH];
	size_t fresh_count;
};

/*
 * gained NULL: only active entries are counted, and no memory is taken for
 * deltas. meta must outlive the reader. 0 or -ENOMEM; free it either way.
 */
int kidos_reader_init(struct kidos_reader *reader, const struct kidos_meta *meta,
		      kidos_gained gained, void *context);
void kidos_reader_free(struct kidos_reader *reader);

/* Starts a scan: what was active before is forgotten. */
void kidos_reader_begin(struct kidos_reader *reader);

/* Scans the mapped table; tells of every entry that gained packets. */
void kidos_reader_table(struct kidos_reader *reader, const struct kidos_flow_set *sets,
			size_t count);

/* One entry of the hash map; true if it is active. One that is not may be retired. */
bool kidos_reader_hashed(struct kidos_reader *reader, const struct kidos_flow_key *key,
			 const struct kidos_flow_baseline *flow);
/*
 * The same, compared with a table of what an earlier scan saw, of the reader's size; what this one
 * sees goes to the reader's.
 */
bool kidos_reader_hashed_after(struct kidos_reader *reader, const struct kidos_last_hashed *before,
			       const struct kidos_flow_key *key,
			       const struct kidos_flow_baseline *flow);
void kidos_reader_forget_all(struct kidos_reader *reader);
/* The entry was taken out of the hash map. */
void kidos_reader_forget(struct kidos_reader *reader, const struct kidos_flow_key *key);

/*
 * What an evicted entry had that no scan saw; false if a later owner of it was
 * told of already, which is so of no spill that came in its turn.
 */
bool kidos_reader_spilled(struct kidos_reader *reader, const struct kidos_spill *spill,
			  struct kidos_count *gained);

#endif
