/* SPDX-License-Identifier: MIT */
#include "flows/talkers.h"

#include <string.h>

void kidos_talkers_clear(struct kidos_talkers *talkers)
{
	talkers->step = talkers->total / KIDOS_TALKER_SAMPLES + 1;
	talkers->total = talkers->since = 0;
	memset(talkers->sets, 0, sizeof(talkers->sets)); /* a key is set when its cell is taken */
}

void kidos_talkers_add(struct kidos_talkers *talkers, const struct kidos_series_key *key,
		       uint64_t hash, uint64_t weight)
{
	size_t index = hash & (KIDOS_TALKER_SETS - 1);
	struct kidos_talker_set *set = &talkers->sets[index];
	unsigned int lightest = 0;

	for (unsigned int way = 0; way < KIDOS_TALKER_WAYS; way++) {
		if (set->weights[way] && set->hashes[way] == hash) {
			set->weights[way] += weight;
			return;
		}
		if (set->weights[way] < set->weights[lightest])
			lightest = way;
	}
	if (set->weights[lightest] >= weight) {
		set->weights[lightest] -= weight;
		return;
	}
	set->weights[lightest] = weight - set->weights[lightest];
	set->hashes[lightest] = hash;
	talkers->keys[index * KIDOS_TALKER_WAYS + lightest] = *key;
}
