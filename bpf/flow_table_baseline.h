/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * flow_table_baseline.h: flow_table.h's interface over a kernel hash map, for
 * kernels before 5.12, which have neither compare-and-swap nor fetching
 * atomics. Idle entries are removed by the reader; a full map leaves new
 * flows to `retired` until then.
 */
#ifndef KIDOS_FLOW_TABLE_BASELINE_H
#define KIDOS_FLOW_TABLE_BASELINE_H

#include "abi.h"

struct kidos_flow_packet {
	struct kidos_flow_key key;
	__u64 packets;
	__u64 bytes;
	__u32 now;
	__u32 tunnel_id;
	__u16 inner_vlan;
	__u8 tcp_flags;
};

static __always_inline void kidos_baseline_add(struct kidos_flow_baseline *flow,
					       const struct kidos_flow_packet *packet)
{
	__sync_fetch_and_add(&flow->packets, packet->packets);
	__sync_fetch_and_add(&flow->bytes, packet->bytes);
	flow->last = packet->now;
	flow->marks |= packet->tcp_flags;
}

/* Returns 0 if the map is full: the caller retires the packet. */
static __always_inline int count_flow(const struct kidos_flow_packet *packet)
{
	struct kidos_flow_baseline *flow = bpf_map_lookup_elem(&flows, &packet->key);
	struct kidos_flow_baseline fresh = {};

	if (flow) {
		kidos_baseline_add(flow, packet);
		return 1;
	}
	fresh.detail.first = packet->now;
	fresh.detail.inner_vlan = packet->inner_vlan;
	fresh.detail.tunnel_id = packet->tunnel_id;
	/* An empty entry first: of two CPUs that make it, both then add. */
	bpf_map_update_elem(&flows, &packet->key, &fresh, BPF_NOEXIST);
	flow = bpf_map_lookup_elem(&flows, &packet->key);
	if (!flow)
		return 0;
	kidos_baseline_add(flow, packet);
	return 1;
}
#endif
