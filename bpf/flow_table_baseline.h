/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * flow_table_baseline.h: flow_table.h's interface over a kernel hash map, for
 * kernels before 5.12, which have neither compare-and-swap nor fetching
 * atomics. Idle entries are removed by the reader; a full map leaves new
 * flows to `retired` until then.
 *
 * Why nothing is lost: to remove entries the reader first writes to `closing`
 * how old they are, and waits until every program has ended that may not have
 * seen it. From then on no packet is added to an entry that old (it goes to
 * `retired`), nor makes it younger: what the reader finds there is all it held.
 */
#ifndef KIDOS_FLOW_TABLE_BASELINE_H
#define KIDOS_FLOW_TABLE_BASELINE_H

#include "abi_policy.h"
#include "judge.h"

struct kidos_flow_packet {
	struct kidos_flow_key key;
	__u64 packets;
	__u64 bytes;
	__u32 now;
	__u32 tunnel_id;
	__u32 size; /* as in flow_table.h */
	__u16 inner_vlan;
	__u8 tcp_flags;
	__u32 policy; /* as in flow_table.h */
};

#define KIDOS_COUNTED 1u /* beside verdict and generation */

/* Two CPUs at once may leave the less extreme of their sizes: there is no compare-and-swap. */
static __always_inline void kidos_baseline_note_size(struct kidos_flow_detail *detail, __u32 size)
{
	if (size < detail->least_size)
		detail->least_size = size;
	if (size > detail->most_size)
		detail->most_size = size;
}

static __always_inline int kidos_baseline_is_closed(const struct kidos_flow_baseline *flow)
{
	__u32 zero = 0;
	const volatile __u32 *closed = bpf_map_lookup_elem(&closing, &zero);
	__u32 before = closed ? *closed : 0;

	return before && kidos_is_earlier(*(const volatile __u32 *)&flow->last, before);
}

/*
 * An entry's memory is no other flow's while a program holds it. Two CPUs may
 * write at once: then one of two words stays, each a generation with its verdict.
 */
static __always_inline __u32 kidos_baseline_verdict(struct kidos_flow_baseline *flow,
						    const struct kidos_flow_packet *packet)
{
	__u32 marks = *(const volatile __u32 *)&flow->marks, verdict;

	if (!kidos_config.policy_room || !packet->policy)
		return 0;
	if (!((marks ^ packet->policy) >> KIDOS_MARKS_GENERATION_SHIFT))
		return marks & ~KIDOS_MARKS_TCP_FLAGS;
	verdict = judge_flow(&packet->key, packet->policy);
	*(volatile __u32 *)&flow->marks = verdict | (marks & KIDOS_MARKS_TCP_FLAGS);
	return verdict;
}

/* Returns 0 if the entry is being removed. */
static __always_inline __u32 kidos_baseline_add(struct kidos_flow_baseline *flow,
						const struct kidos_flow_packet *packet)
{
	if (kidos_baseline_is_closed(flow))
		return 0;
	__sync_fetch_and_add(&flow->packets, packet->packets);
	__sync_fetch_and_add(&flow->bytes, packet->bytes);
	flow->last = packet->now;
	flow->marks |= packet->tcp_flags;
	if (packet->size)
		kidos_baseline_note_size(&flow->detail, packet->size);
	return KIDOS_COUNTED | kidos_baseline_verdict(flow, packet);
}

/* Returns 0 if the map is full or the entry is being removed: the caller retires the packet. */
static __always_inline __u32 count_flow(const struct kidos_flow_packet *packet)
{
	struct kidos_flow_baseline *flow = bpf_map_lookup_elem(&flows, &packet->key);
	struct kidos_flow_baseline fresh = {};

	if (flow)
		return kidos_baseline_add(flow, packet);
	fresh.last = packet->now;
	fresh.detail.first = packet->now;
	fresh.detail.inner_vlan = packet->inner_vlan;
	fresh.detail.tunnel_id = packet->tunnel_id;
	fresh.detail.first_size = packet->size;
	fresh.detail.least_size = packet->size;
	fresh.detail.most_size = packet->size;
	/* An empty entry first: of two CPUs that make it, both then add. */
	bpf_map_update_elem(&flows, &packet->key, &fresh, BPF_NOEXIST);
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	return flow ? kidos_baseline_add(flow, packet) : 0;
}
#endif
