/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * judge.h: a policy's maps, and the look-up of a source in them. Without a
 * policy (kidos_config.policy_room 0) the plugin makes none of these maps, and
 * a verifier leaves out all that would use them.
 */
#ifndef KIDOS_JUDGE_H
#define KIDOS_JUDGE_H

#include "maps.h"
#include "policy.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kidos_policy_control);
} policy SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_DEFAULT_SLOTS);
	__type(key, __u32);
	__type(value, struct kidos_policy_slot);
} policy_slots SEC(".maps");

struct policy_table_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, KIDOS_POLICY_ROOM_SMALL);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, KIDOS_POLICY_TABLES);
	__uint(key_size, sizeof(__u32));
	__array(values, struct policy_table_map);
} policy_tables SEC(".maps");

static __always_inline const struct kidos_policy_table *policy_table(__u32 place)
{
	const __u32 zero = 0;
	void *map = bpf_map_lookup_elem(&policy_tables, &place);

	return map ? bpf_map_lookup_elem(map, &zero) : 0;
}

/*
 * Functions of their own: a search of 20 steps is walked once by a verifier.
 * Numbers, as kernels before 5.12 take nothing else.
 */
__noinline int judge4(__u32 place, __u32 address)
{
	const struct kidos_policy_table *table;

	if (!kidos_config.policy_room)
		return KIDOS_VERDICT_PERMIT;
	table = policy_table(place);
	if (!table)
		return KIDOS_VERDICT_PERMIT;
	return kidos_policy_search4(
		table, kidos_policy_fit(kidos_config.policy_room, sizeof(__u32)), address);
}

__noinline int judge6(__u32 place, __u64 high, __u64 low)
{
	const struct kidos_policy_table *table;

	if (!kidos_config.policy_room)
		return KIDOS_VERDICT_PERMIT;
	table = policy_table(place);
	if (!table)
		return KIDOS_VERDICT_PERMIT;
	return kidos_policy_search6(
		table,
		kidos_policy_fit(kidos_config.policy_room, sizeof(struct kidos_policy_start6)),
		high, low);
}

/*
 * generation was read before: what is found may be of the next one, but is
 * never cached as such. Its lowest bit is part of the place, so that whoever sees
 * a generation sees the tables that were put there for it.
 */
static __always_inline __u32 judge(__u32 generation, __u32 slot, const union kidos_address *source,
				   int ipv4)
{
	const struct kidos_policy_slot *of = bpf_map_lookup_elem(&policy_slots, &slot);
	__u32 number = of ? of->policy[generation & 1] : 0;

	if (ipv4)
		return judge4(kidos_policy_place(generation, number, KIDOS_POLICY_IPV4),
			      __builtin_bswap32(source->words[3]));
	return judge6(kidos_policy_place(generation, number, KIDOS_POLICY_IPV6),
		      __builtin_bswap64(source->halves[0]), __builtin_bswap64(source->halves[1]));
}

/* As marks have it; the generation likewise. */
static __always_inline __u32 judge_flow(const struct kidos_flow_key *key, __u32 generation)
{
	__u32 verdict = judge(generation >> KIDOS_MARKS_GENERATION_SHIFT,
			      key->meta >> KIDOS_META_SLOT_SHIFT & KIDOS_META_SLOT_MASK, &key->src,
			      !!(key->meta & KIDOS_META_IPV4));

	return generation | verdict << KIDOS_MARKS_VERDICT_SHIFT;
}

/* The generation in force, where marks have it; 0: nothing is policed. */
static __always_inline __u32 policy_generation(void)
{
	const __u32 zero = 0;
	const volatile struct kidos_policy_control *control;

	if (!kidos_config.policy_room)
		return 0;
	control = bpf_map_lookup_elem(&policy, &zero);
	return control ? control->generation << KIDOS_MARKS_GENERATION_SHIFT : 0;
}

#endif
