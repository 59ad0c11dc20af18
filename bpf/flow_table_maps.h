/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* flow_table_maps.h: the flow table over the maps of the traffic programs. */
#ifndef KIDOS_FLOW_TABLE_MAPS_H
#define KIDOS_FLOW_TABLE_MAPS_H

#include "maps.h"
#include "parse.h"
#include "retire.h"
#include "flow_table.h"

static __always_inline struct kidos_flow_set *kidos_table_set(__u32 index)
{
	return bpf_map_lookup_elem(&flows, &index);
}

static __always_inline struct kidos_detail_set *kidos_table_detail(__u32 index)
{
	return bpf_map_lookup_elem(&details, &index);
}

static __always_inline void kidos_table_retire(const struct kidos_flow_key *key, __u64 packets,
					       __u64 bytes)
{
	__u32 slot = key->meta >> KIDOS_META_SLOT_SHIFT & KIDOS_META_SLOT_MASK;
	__u32 direction = key->meta >> KIDOS_META_DIRECTION_SHIFT & 1;

	retire(slot, direction, kidos_class_of(key->meta & 0xff), packets, bytes);
}

static __always_inline void kidos_table_spill(const struct kidos_spill *spill)
{
	count_event(KIDOS_EVENT_EVICTED);
	if (bpf_ringbuf_output(&spills, (void *)spill, sizeof(*spill), 0))
		count_event(KIDOS_EVENT_SPILL_LOST);
	else
		count_event(KIDOS_EVENT_SPILLED);
}

/*
 * A function of its own, global: the verifier walks the table's loops once
 * (about 20,000 instructions) instead of for each outcome of the parser.
 */
__noinline int count_flow(const struct kidos_flow_packet *packet)
{
	return packet ? kidos_flow_count(&kidos_config, packet) : 0;
}
#endif
