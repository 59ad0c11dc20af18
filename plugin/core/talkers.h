/* SPDX-License-Identifier: MIT */
/*
 * talkers.h: the heaviest of any number of keys in a fixed room. Sets of four
 * cells; a key that finds no cell wears down the lightest of its set and takes
 * its place when that is worn out (the majority vote of Boyer and Moore). Some
 * hundred keys are ranked exactly; among a million, whatever outweighs a few
 * hundred of the others together stays.
 */
#ifndef KIDOS_TALKERS_H
#define KIDOS_TALKERS_H

#include "series_key.h"

#define KIDOS_TALKER_SETS 1024 /* a power of two */
#define KIDOS_TALKER_WAYS 4
#define KIDOS_TALKERS (KIDOS_TALKER_SETS * KIDOS_TALKER_WAYS)

struct kidos_talker_set {
	uint64_t hashes[KIDOS_TALKER_WAYS];
	uint64_t weights[KIDOS_TALKER_WAYS]; /* 0: the cell is free */
};

struct kidos_talkers {
	struct kidos_talker_set sets[KIDOS_TALKER_SETS];
	struct kidos_series_key keys[KIDOS_TALKERS];
};

void kidos_talkers_clear(struct kidos_talkers *talkers);

/* weight: what keys are ranked by; 0 changes nothing. */
void kidos_talkers_add(struct kidos_talkers *talkers, const struct kidos_series_key *key,
		       uint64_t hash, uint64_t weight);

#endif
