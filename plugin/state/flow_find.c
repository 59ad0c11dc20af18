/* SPDX-License-Identifier: MIT */
#include "state/flow_find.h"
#include "flow_hash.h"

#include <bpf/bpf.h>
#include <string.h>

enum found { HERE, NOWHERE, FULL };

/* One set, from the way that the hash says, as kidos_flow_search does. */
static enum found search(const struct kidos_flow_set *set, uint64_t hash,
			 const struct kidos_flow_key *key, uint32_t *marks)
{
	for (unsigned int i = 0; i < KIDOS_WAYS; i++) {
		const struct kidos_flow *flow = &set->ways[(hash + i) % KIDOS_WAYS];
		uint64_t state = __atomic_load_n(&flow->state, __ATOMIC_ACQUIRE);

		if (!kidos_state_owner(state))
			return NOWHERE;
		if (state & KIDOS_STATE_WRITING || memcmp(&flow->key, key, sizeof(*key)) != 0)
			continue;
		*marks = __atomic_load_n(&flow->marks, __ATOMIC_RELAXED);
		return HERE;
	}
	return FULL;
}

static bool find_mapped(const struct kidos_maps *maps, const struct kidos_flow_key *key,
			uint32_t *marks)
{
	uint64_t hash = kidos_flow_hash(key, &maps->seed);

	for (unsigned int choice = 0; choice < KIDOS_CHOICES; choice++) {
		uint32_t index = kidos_flow_choice(hash, choice, &maps->seed, maps->meta.set_mask);
		const struct kidos_flow_set *set = &maps->flows[index];
		enum found found = search(set, hash, key, marks);

		if (found != FULL)
			return found == HERE;
		if (!(__atomic_load_n(&set->ways[0].state, __ATOMIC_RELAXED) &
		      KIDOS_STATE_OVERFLOWED))
			return false;
	}
	return false;
}

bool kidos_flow_find(const struct kidos_maps *maps, const struct kidos_flow_key *key,
		     uint32_t *marks)
{
	struct kidos_flow_baseline flow;

	if (maps->flows)
		return find_mapped(maps, key, marks);
	if (bpf_map_lookup_elem(maps->fd[KIDOS_MAP_FLOWS], key, &flow))
		return false;
	*marks = flow.marks;
	return true;
}
