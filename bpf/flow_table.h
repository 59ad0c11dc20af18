/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * flow_table.h: the flow table, one shared array of sets of cache-line
 * entries, updated with atomic adds. No map is touched here but through the
 * five functions declared below, which the includer defines: maps in BPF,
 * arrays in a unit test. Needs atomic fetch and compare-and-swap (kernel
 * 5.12); flow_table_baseline.h is the same interface for older kernels.
 *
 * Why nothing is lost: an owner is replaced by a compare-and-swap of state,
 * which takes its packet count in the same instant; a packet is counted by a
 * fetching add on the same word, which tells whether the owner was still the
 * one looked up. Bytes follow the add, so an entry is only replaced when its
 * last packet is at least KIDOS_QUIET units old. `last` is written first and
 * read last, so that a replacer either sees it fresh or fails its swap.
 */
#ifndef KIDOS_FLOW_TABLE_H
#define KIDOS_FLOW_TABLE_H

#include "abi_policy.h"
#include "flow_hash.h"

#define KIDOS_QUIET 2 /* units: more than 3 ms, beyond any packet under way */
#define KIDOS_ATTEMPTS 4 /* look-ups of a packet that meets a writer */

/* What one packet adds; wire units. */
struct kidos_flow_packet {
	struct kidos_flow_key key;
	__u64 packets;
	__u64 bytes;
	__u32 now; /* kidos time units */
	__u32 tunnel_id;
	__u32 size; /* bytes of one, 65535 at most; 0: not kept */
	__u16 inner_vlan;
	__u8 tcp_flags;
	__u32 policy; /* the generation, where marks have it; 0: it is not policed */
};

static __always_inline struct kidos_flow_set *kidos_table_set(__u32 index);
static __always_inline struct kidos_detail_set *kidos_table_detail(__u32 index);
/* Adds to `retired` what no entry holds (any more). */
static __always_inline void kidos_table_retire(const struct kidos_flow_key *key, __u64 packets,
					       __u64 bytes);
/* Tells of an active entry that had to go. */
static __always_inline void kidos_table_spill(const struct kidos_spill *spill);
/* Looks the packet's source up: verdict and generation, as marks have them. */
static __always_inline __u32 kidos_table_judge(const struct kidos_flow_packet *packet);

/* One branch: with one per word, a verifier would leave each comparison five ways. */
static __always_inline int kidos_key_equal(const struct kidos_flow_key *a,
					   const struct kidos_flow_key *b)
{
	return !((kidos_key_tail(a) ^ kidos_key_tail(b)) | (a->src.halves[0] ^ b->src.halves[0]) |
		 (a->src.halves[1] ^ b->src.halves[1]) | (a->dst.halves[0] ^ b->dst.halves[0]) |
		 (a->dst.halves[1] ^ b->dst.halves[1]));
}

/*
 * The entry, for what is read of it after `seen`. arm64 may read the other
 * way round unless the address depends on what was read before; BPF has no
 * barrier for plain loads before 6.15. x86 reads in order: there it is the
 * compiler alone that must.
 */
static __always_inline struct kidos_flow *kidos_flow_after(struct kidos_flow *flow, __u64 seen)
{
#if defined(__bpf__) && defined(__TARGET_ARCH_x86)
	(void)seen;
	asm volatile("" : "+r"(flow));
#elif defined(__bpf__)
	asm volatile("%0 &= 0\n\t%1 += %0" : "+r"(seen), "+r"(flow));
#else
	(void)seen;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
	return flow;
}

/*
 * The entry is its flow's: all that was written before is seen by whoever sees
 * this. Only an atomic operation whose result is used is a barrier to arm64.
 */
static __always_inline void kidos_flow_publish(struct kidos_flow *flow, __u64 packets)
{
	__u64 before = __sync_fetch_and_add(&flow->state, (packets << KIDOS_STATE_PACKETS_SHIFT) +
								  KIDOS_STATE_WRITTEN);

	asm volatile("" : : "r"(before));
}

enum kidos_found {
	KIDOS_FOUND_NONE,
	KIDOS_FOUND_QUIET, /* active, but its last packet is not under way any more */
	KIDOS_FOUND_IDLE,
	KIDOS_FOUND_UNUSED,
};

/* The entry that a new flow would take, or the one that its packet was counted in. */
struct kidos_place {
	__u64 state;
	__u32 set;
	__u32 way;
	__u32 age;
	__u32 found; /* enum kidos_found */
	__u32 marks; /* of the one that it was counted in */
};

#define KIDOS_SIZE_TRIES 4 /* against CPUs that have a more extreme size at the same time */

static __always_inline void kidos_size_lower(__u32 *least, __u32 size)
{
	__u32 seen = *(volatile __u32 *)least;

	KIDOS_NO_UNROLL
	for (int i = 0; i < KIDOS_SIZE_TRIES && size < seen; i++) {
		__u32 before = __sync_val_compare_and_swap(least, seen, size);

		if (before == seen)
			break;
		seen = before;
	}
}

static __always_inline void kidos_size_raise(__u32 *most, __u32 size)
{
	__u32 seen = *(volatile __u32 *)most;

	KIDOS_NO_UNROLL
	for (int i = 0; i < KIDOS_SIZE_TRIES && size > seen; i++) {
		__u32 before = __sync_val_compare_and_swap(most, seen, size);

		if (before == seen)
			break;
		seen = before;
	}
}

static __always_inline void kidos_flow_note_size(__u32 index, __u32 way, __u32 size)
{
	struct kidos_detail_set *set = kidos_table_detail(index);
	struct kidos_flow_detail *detail = set ? &set->ways[way & (KIDOS_WAYS - 1)] : 0;

	if (!detail)
		return;
	kidos_size_lower(&detail->least_size, size);
	kidos_size_raise(&detail->most_size, size);
}

/* Counts for the owner with this sequence; 0 if it is no longer the owner. */
static __always_inline int kidos_flow_add(struct kidos_flow *flow, __u32 index, __u32 way,
					  __u32 sequence, const struct kidos_flow_packet *packet,
					  struct kidos_place *place)
{
	__u64 add = packet->packets << KIDOS_STATE_PACKETS_SHIFT;
	__u32 marks = *(const volatile __u32 *)&flow->marks;
	__u64 before;

	if (flow->last != packet->now)
		flow->last = packet->now;
	before = __sync_fetch_and_add(&flow->state, add);
	if (((__u32)before ^ sequence) & ~KIDOS_STATE_OVERFLOWED) {
		__sync_fetch_and_sub(&flow->state, add);
		return 0;
	}
	__sync_fetch_and_add(&flow->bytes, packet->bytes);
	if (packet->tcp_flags & ~marks)
		__sync_fetch_and_or(&flow->marks, packet->tcp_flags);
	place->marks = marks;
	if (packet->size)
		kidos_flow_note_size(index, way, packet->size);
	if (before + add < before) {
		struct kidos_detail_set *detail = kidos_table_detail(index);

		if (detail)
			__sync_fetch_and_add(&detail->ways[way].packets_carry, 1);
	}
	return 1;
}

/* What the entry held when it was taken goes to retired, and to the ring if it was active. */
static __always_inline void kidos_flow_harvest(struct kidos_flow *flow,
					       const struct kidos_flow_detail *detail,
					       const struct kidos_place *place)
{
	__u64 state = place->state;

	struct kidos_spill spill = {
		.key = flow->key,
		.bytes = __sync_lock_test_and_set(&flow->bytes, 0),
		.packets =
			((__u64)detail->packets_carry << 32) + (state >> KIDOS_STATE_PACKETS_SHIFT),
		.entry = place->set * KIDOS_WAYS + place->way,
		.owner = kidos_state_owner(state),
	};

	kidos_table_retire(&spill.key, spill.packets, spill.bytes);
	if (place->found == KIDOS_FOUND_QUIET)
		kidos_table_spill(&spill);
}

/*
 * Time and marks are one word, written at once: whoever had the entry before
 * and still holds the word as it was then cannot exchange it (kidos_flow_cache).
 */
static __always_inline __u64 *kidos_flow_word(struct kidos_flow *flow)
{
	return (__u64 *)&flow->last;
}

#define KIDOS_WORD_MARKS_SHIFT 32

/*
 * Gives an entry to the packet's flow. place->state is what was seen when the
 * entry was found free or old enough; 0 if somebody was faster. verdict: what
 * its marks begin with.
 */
static __always_inline int kidos_flow_claim(struct kidos_flow *flow,
					    struct kidos_flow_detail *detail,
					    const struct kidos_place *place,
					    const struct kidos_flow_packet *packet, __u32 verdict)
{
	__u64 state = place->state;
	__u64 writing = (__u32)state | KIDOS_STATE_WRITING;

	if (__sync_val_compare_and_swap(&flow->state, state, writing) != state)
		return 0;
	if (kidos_state_owner(state))
		kidos_flow_harvest(flow, detail, place);
	flow->key = packet->key;
	*(volatile __u64 *)kidos_flow_word(flow) =
		packet->now | (__u64)(packet->tcp_flags | verdict) << KIDOS_WORD_MARKS_SHIFT;
	*detail = (struct kidos_flow_detail){
		.first = packet->now,
		.inner_vlan = packet->inner_vlan,
		.tunnel_id = packet->tunnel_id,
		.first_size = packet->size,
		.least_size = packet->size,
		.most_size = packet->size,
	};
	__sync_fetch_and_add(&flow->bytes, packet->bytes);
	kidos_flow_publish(flow, packet->packets);
	return 1;
}

enum kidos_lookup {
	KIDOS_LOOKUP_COUNTED,
	KIDOS_LOOKUP_BUSY, /* met a writer: look again */
	KIDOS_LOOKUP_FREE, /* not there; place says which entry may be taken */
	KIDOS_LOOKUP_FULL, /* not there, and no entry may be taken */
};

/*
 * Remembers the better of two entries: never used, idle, then the oldest. The
 * state is the one that was seen not to be writing: one read here, later,
 * could be a writer's, and a claim that expects it would make a second writer.
 */
static __always_inline void kidos_place_consider(struct kidos_place *place, __u32 set, __u32 way,
						 const struct kidos_flow *flow, __u64 state,
						 __u32 now, __u32 idle)
{
	__u32 age = kidos_age(now, *(const volatile __u32 *)&flow->last);
	__u32 found = age >= idle          ? KIDOS_FOUND_IDLE
		      : age >= KIDOS_QUIET ? KIDOS_FOUND_QUIET
					   : KIDOS_FOUND_NONE;

	if (found < place->found ||
	    (found == place->found && (found != KIDOS_FOUND_QUIET || age <= place->age)))
		return;
	*place = (struct kidos_place){ state, set, way, age, found, 0 };
}

/* place: the entry, for whoever asks for its verdict. */
static __always_inline enum kidos_lookup kidos_flow_found(
	struct kidos_flow *flow, __u32 index, __u32 way, __u64 state,
	const volatile struct kidos_traffic_config *config, const struct kidos_flow_packet *packet,
	struct kidos_place *place)
{
	if (config->policy_room) {
		place->set = index;
		place->way = way;
		place->state = state;
	}
	return kidos_flow_add(flow, index, way, state, packet, place) ? KIDOS_LOOKUP_COUNTED
								      : KIDOS_LOOKUP_BUSY;
}

/* One set, from a way that differs from flow to flow: most are met at once. */
static __always_inline enum kidos_lookup kidos_flow_search(
	struct kidos_flow_set *set, __u32 index, __u32 start,
	const volatile struct kidos_traffic_config *config, const struct kidos_flow_packet *packet,
	struct kidos_place *place)
{
	const __u32 idle = config->idle;

	KIDOS_NO_UNROLL
	for (__u32 i = 0; i < KIDOS_WAYS; i++) {
		__u32 way = (start + i) & (KIDOS_WAYS - 1);
		struct kidos_flow *flow = &set->ways[way];
		__u64 state = *(const volatile __u64 *)&flow->state;

		if (state & KIDOS_STATE_WRITING)
			return KIDOS_LOOKUP_BUSY;
		if (!kidos_state_owner(state)) {
			if (place->found < KIDOS_FOUND_IDLE)
				*place = (struct kidos_place){
					state, index, way, 0, KIDOS_FOUND_UNUSED, 0
				};
			return KIDOS_LOOKUP_FREE;
		}
		flow = kidos_flow_after(flow, state);
		if (kidos_key_equal(&flow->key, &packet->key))
			return kidos_flow_found(flow, index, way, state, config, packet, place);
		kidos_place_consider(place, index, way, flow, state, packet->now, idle);
	}
	return KIDOS_LOOKUP_FULL;
}

/* Is there no need to look in the flow's next set? */
static __always_inline int kidos_set_is_last(struct kidos_flow_set *set,
					     const struct kidos_place *place)
{
	if ((__u32)set->ways[0].state & KIDOS_STATE_OVERFLOWED)
		return 0;
	if (place->found >= KIDOS_FOUND_IDLE)
		return 1;
	__sync_fetch_and_or(&set->ways[0].state, KIDOS_STATE_OVERFLOWED);
	return 0;
}

static __always_inline enum kidos_lookup kidos_flow_lookup(
	__u64 hash, const volatile struct kidos_traffic_config *config,
	const struct kidos_flow_packet *packet, struct kidos_place *place)
{
	KIDOS_NO_UNROLL
	for (__u32 choice = 0; choice < KIDOS_CHOICES; choice++) {
		__u32 index = kidos_flow_choice(hash, choice, &config->seed, config->set_mask);
		struct kidos_flow_set *set = kidos_table_set(index);
		enum kidos_lookup result;

		if (!set)
			break;
		result = kidos_flow_search(set, index, hash, config, packet, place);
		if (result != KIDOS_LOOKUP_FULL)
			return result;
		if (kidos_set_is_last(set, place))
			break;
	}
	return place->found ? KIDOS_LOOKUP_FREE : KIDOS_LOOKUP_FULL;
}

#define KIDOS_COUNTED 1u /* beside verdict and generation */

/*
 * Details of a new flow are in no cache. Fetched here they come while its
 * source is looked up; a policy added 280 ns to a new flow before, 60 with this.
 */
static __always_inline void kidos_detail_fetch(const struct kidos_flow_detail *detail)
{
	asm volatile("" : : "r"(*(const volatile __u32 *)&detail->first));
}

/* Returns as kidos_flow_count; 0 if somebody else took the entry. */
static __always_inline __u32 kidos_place_claim(const struct kidos_place *place,
					       const volatile struct kidos_traffic_config *config,
					       const struct kidos_flow_packet *packet)
{
	struct kidos_flow_set *set = kidos_table_set(place->set);
	struct kidos_detail_set *detail = kidos_table_detail(place->set);
	__u32 way = place->way & (KIDOS_WAYS - 1), verdict = 0;

	if (!set || !detail)
		return 0;
	if (config->policy_room && packet->policy) {
		kidos_detail_fetch(&detail->ways[way]);
		verdict = kidos_table_judge(packet);
	}
	return kidos_flow_claim(&set->ways[way], &detail->ways[way], place, packet, verdict)
		       ? KIDOS_COUNTED | verdict
		       : 0;
}

/*
 * Time and marks of the entry that the packet was counted in, while it is the
 * flow's; 0 if it is not any more.
 */
static __always_inline __u64 kidos_flow_hold(struct kidos_flow *flow,
					     const struct kidos_place *place)
{
	__u64 word = *(const volatile __u64 *)kidos_flow_word(flow);
	__u64 state = *(const volatile __u64 *)&kidos_flow_after(flow, word)->state;

	return ((__u32)state ^ (__u32)place->state) & ~KIDOS_STATE_OVERFLOWED ? 0 : word;
}

/*
 * The verdict of another generation, or none, gives way to a new one. By the
 * time that it is there the entry may be another flow's, which must not have it:
 * its time is another then, as an entry is only taken KIDOS_QUIET units after its
 * last packet, and the word is not exchanged. The next packet tries again.
 */
static __always_inline __u32 kidos_flow_rejudge(const struct kidos_place *place,
						const struct kidos_flow_packet *packet)
{
	struct kidos_flow_set *set = kidos_table_set(place->set);
	struct kidos_flow *flow = set ? &set->ways[place->way & (KIDOS_WAYS - 1)] : 0;
	__u64 held = flow ? kidos_flow_hold(flow, place) : 0;
	__u32 verdict = kidos_table_judge(packet), flags = held >> KIDOS_WORD_MARKS_SHIFT;

	if (flow && held)
		__sync_val_compare_and_swap(
			kidos_flow_word(flow), held,
			(__u32)held | (__u64)(verdict | (flags & KIDOS_MARKS_TCP_FLAGS))
					      << KIDOS_WORD_MARKS_SHIFT);
	return verdict;
}

static __always_inline __u32 kidos_flow_verdict(const volatile struct kidos_traffic_config *config,
						const struct kidos_place *place,
						const struct kidos_flow_packet *packet)
{
	if (!config->policy_room || !packet->policy)
		return 0;
	if (!((place->marks ^ packet->policy) >> KIDOS_MARKS_GENERATION_SHIFT))
		return place->marks & ~KIDOS_MARKS_TCP_FLAGS;
	return kidos_flow_rejudge(place, packet);
}

/*
 * Counts a packet for its flow, making the entry if need be. Returns 0 if the
 * table had no room, or only writers: the caller retires the packet. Else
 * KIDOS_COUNTED, with the flow's verdict if it is policed.
 */
static __always_inline __u32 kidos_flow_count(const volatile struct kidos_traffic_config *config,
					      const struct kidos_flow_packet *packet)
{
	__u64 hash = kidos_flow_hash(&packet->key, &config->seed);

	KIDOS_NO_UNROLL
	for (int attempt = 0; attempt < KIDOS_ATTEMPTS; attempt++) {
		struct kidos_place place = {};
		__u32 marks;

		switch (kidos_flow_lookup(hash, config, packet, &place)) {
		case KIDOS_LOOKUP_COUNTED:
			return KIDOS_COUNTED | kidos_flow_verdict(config, &place, packet);
		case KIDOS_LOOKUP_FULL:
			return 0;
		case KIDOS_LOOKUP_FREE:
			marks = kidos_place_claim(&place, config, packet);
			if (marks)
				return marks;
			break;
		case KIDOS_LOOKUP_BUSY:
			break;
		}
	}
	return 0;
}
#endif
