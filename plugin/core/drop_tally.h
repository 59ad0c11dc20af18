/* SPDX-License-Identifier: MIT */
/*
 * drop_tally.h: counts of the drop programs, made into the series of the
 * values: by reason, by place, by protocol class. Each of the three adds up to
 * the same total, and none ever runs backwards.
 */
#ifndef KIDOS_DROP_TALLY_H
#define KIDOS_DROP_TALLY_H

#include "abi_drop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_DROP_NAME 64
#define KIDOS_DROP_SERIES 128 /* of one kind: a back end never forgets a name */

struct kidos_drop_series {
	char name[KIDOS_DROP_NAME];
	uint64_t packets;
};

/* The first two are there from the start. */
enum { KIDOS_DROP_OTHER, KIDOS_DROP_BENIGN };

struct kidos_drop_part {
	struct kidos_drop_series series[KIDOS_DROP_SERIES];
	size_t count;
};

struct kidos_drop_last {
	struct kidos_drop_key key;
	uint64_t count; /* 0: free */
};

struct kidos_drop_tally {
	struct kidos_drop_part reasons, places;
	uint64_t classes[KIDOS_CLASSES];
	uint64_t benign; /* of the classes' partition */
	struct kidos_drop_last *last;
};

/* A drop with what it is called; benign: in the series of that name in all three. */
struct kidos_drop_kind {
	const char *reason; /* NULL: not told, `other` */
	const char *place;
	unsigned int class;
	bool benign;
};

/* Bytes that a tally allocates beside itself. */
#define KIDOS_DROP_TALLY_BYTES (2ull * KIDOS_DROP_KEYS * sizeof(struct kidos_drop_last))

int kidos_drop_tally_init(struct kidos_drop_tally *tally);
void kidos_drop_tally_free(struct kidos_drop_tally *tally);

/* How many more there are than at the last call for this key. */
uint64_t kidos_drop_tally_delta(struct kidos_drop_tally *tally, const struct kidos_drop_key *key,
				uint64_t count);

void kidos_drop_tally_add(struct kidos_drop_tally *tally, const struct kidos_drop_kind *kind,
			  uint64_t packets);

#endif
