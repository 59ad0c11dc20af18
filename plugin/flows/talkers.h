/* SPDX-License-Identifier: MIT */
/*
 * talkers.h: the heaviest of any number of keys in a fixed room. Sets of four
 * cells; a key that finds no cell wears down the lightest of its set and takes
 * its place when that is worn out (the majority vote of Boyer and Moore). Some
 * hundred keys are ranked exactly; among a million, whatever outweighs a few
 * hundred of the others together stays.
 *
 * Of much weight only every so-manieth unit is sampled, as sFlow does with
 * packets: 65,536 in the time between two clearings, going by the time before.
 * Whatever has a hundredth of all is then known within some 4 %.
 */
#ifndef KIDOS_FLOWS_TALKERS_H
#define KIDOS_FLOWS_TALKERS_H

#include "flows/series_key.h"

#define KIDOS_TALKER_SETS 1024 /* a power of two */
#define KIDOS_TALKER_WAYS 4
#define KIDOS_TALKERS (KIDOS_TALKER_SETS * KIDOS_TALKER_WAYS)

struct kidos_talker_set {
	uint64_t hashes[KIDOS_TALKER_WAYS];
	uint64_t weights[KIDOS_TALKER_WAYS]; /* 0: the cell is free */
};

#define KIDOS_TALKER_SAMPLES 65536

struct kidos_talkers {
	uint64_t step; /* units from one sample to the next */
	uint64_t since; /* units since the last sample */
	uint64_t total; /* since the clearing */
	struct kidos_talker_set sets[KIDOS_TALKER_SETS];
	struct kidos_series_key keys[KIDOS_TALKERS];
};

void kidos_talkers_clear(struct kidos_talkers *talkers);

/* What of a weight is to be added: 0 if no sample falls into it. */
static inline uint64_t kidos_talkers_sample(struct kidos_talkers *talkers, uint64_t weight)
{
	uint64_t sampled;

	talkers->total += weight;
	talkers->since += weight;
	if (talkers->since < talkers->step)
		return 0;
	sampled = talkers->since - talkers->since % talkers->step;
	talkers->since -= sampled;
	return sampled;
}

void kidos_talkers_add(struct kidos_talkers *talkers, const struct kidos_series_key *key,
		       uint64_t hash, uint64_t weight);

#endif
