/* SPDX-License-Identifier: MIT */
/* suspects.h: a bounded table of those whose flows are counted one by one. */
#ifndef KIDOS_ALERTS_SUSPECTS_H
#define KIDOS_ALERTS_SUSPECTS_H

#include "abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_SUSPECT_SETS 64u
#define KIDOS_SUSPECT_WAYS 8u
#define KIDOS_SUSPECTS (KIDOS_SUSPECT_SETS * KIDOS_SUSPECT_WAYS)
#define KIDOS_DISTINCT 128u /* different things that are counted; more are taken for so many */

struct kidos_suspect {
	uint64_t hash; /* of rule and who; 0: free */
	unsigned int rule; /* the caller's */
	uint32_t cell; /* the caller's */
	struct kidos_flow_key who; /* what all its flows share, 0 elsewhere */
	struct kidos_flow_key example; /* the last of its flows */
	uint32_t flows, distinct; /* in this scan */
	uint32_t before; /* flows in the last one */
	bool whole; /* it was a suspect when this scan began: none of its flows is missing */
	uint32_t half, checked, refused; /* of syn_flood */
	uint32_t seen[KIDOS_DISTINCT]; /* hashes of what differs */
};

struct kidos_suspects {
	uint64_t hashes[KIDOS_SUSPECTS]; /* of the items, or what they were: a set is one line */
	struct kidos_suspect items[KIDOS_SUSPECTS];
	unsigned int turn; /* which of equals goes next */
	uint64_t evicted; /* suspects that gave their place to others */
};

/*
 * The suspect of this hash, or its new place: the free one, or that of the
 * least of its set if that has at most one flow. NULL: all have more.
 */
struct kidos_suspect *kidos_suspect_of(struct kidos_suspects *suspects, uint64_t hash);

/* One more thing that its flow is about. */
void kidos_suspect_add(struct kidos_suspect *suspect, uint32_t thing);

/* A scan begins: counts are 0 again. */
void kidos_suspects_begin(struct kidos_suspects *suspects);

#endif
