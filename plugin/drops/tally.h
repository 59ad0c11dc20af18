/* SPDX-License-Identifier: MIT */
/*
 * tally.h: counts of the drop programs, made into the series of the
 * values: by reason, by place, by protocol class, by interface. Each of the four adds up to
 * the same total at any poll, and none ever runs backwards.
 *
 * A back end has no rate for the first value of a series: a new one is sent as
 * 0 at two polls (KIDOS_SERIES_ZEROS, and why two) before anything is added to
 * it. Until its series are that far a drop waits, out of all four partitions.
 */
#ifndef KIDOS_DROPS_TALLY_H
#define KIDOS_DROPS_TALLY_H

#include "abi_drop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_DROP_NAME 128 /* as much as collectd takes */
#define KIDOS_DROP_SERIES 128 /* of one kind: a back end never forgets a name */

struct kidos_drop_series {
	char name[KIDOS_DROP_NAME];
	uint64_t packets;
	unsigned int emitted; /* polls */
};

/* The first two are there from the start. */
enum { KIDOS_DROP_OTHER, KIDOS_DROP_BENIGN };

struct kidos_drop_part {
	struct kidos_drop_series series[KIDOS_DROP_SERIES];
	size_t count;
};

struct kidos_drop_last {
	struct kidos_drop_key key;
	uint64_t seen; /* at the last poll; 0: free */
	uint64_t sent; /* of these, added to series */
	unsigned int moved; /* number of the last poll that found more */
};

/* The partitions; all classes are there from the start. */
enum {
	KIDOS_DROP_REASON,
	KIDOS_DROP_PLACE,
	KIDOS_DROP_CLASS,
	KIDOS_DROP_INTERFACE,
	KIDOS_DROP_PARTS
};

struct kidos_drop_tally {
	struct kidos_drop_part parts[KIDOS_DROP_PARTS];
	unsigned int emitted; /* polls */
	struct kidos_drop_last *last;
};

/* A drop with what it is called; benign: in the series of that name in all four. */
struct kidos_drop_kind {
	const char *names[KIDOS_DROP_PARTS]; /* NULL: unknown, `other` */
	bool benign;
};

/* Bytes that a tally allocates beside itself. */
#define KIDOS_DROP_TALLY_BYTES (2ull * KIDOS_DROP_KEYS * sizeof(struct kidos_drop_last))

int kidos_drop_tally_init(struct kidos_drop_tally *tally);
void kidos_drop_tally_free(struct kidos_drop_tally *tally);

/* What is known of a key's counter; NULL when there is no room for more keys. */
struct kidos_drop_last *kidos_drop_tally_last(struct kidos_drop_tally *tally,
					      const struct kidos_drop_key *key);

/*
 * The counter of one key was added to another's: what is known of the one goes to the other, and
 * is pending there if it was.
 */
void kidos_drop_tally_move(struct kidos_drop_tally *tally, const struct kidos_drop_key *from,
			   const struct kidos_drop_key *to);

/*
 * Adds to the series of all four partitions and returns true; or makes those
 * that are missing and returns false: too new, to be added at a later poll.
 */
bool kidos_drop_tally_add(struct kidos_drop_tally *tally, const struct kidos_drop_kind *kind,
			  uint64_t packets);

/* Every series was sent once more. */
void kidos_drop_tally_emitted(struct kidos_drop_tally *tally);

#endif
