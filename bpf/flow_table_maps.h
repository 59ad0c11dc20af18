/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* flow_table_maps.h: the flow table over the maps of the traffic programs. */
#ifndef KIDOS_FLOW_TABLE_MAPS_H
#define KIDOS_FLOW_TABLE_MAPS_H

#include "maps.h"
#include "parse.h"
#include "retire.h"
#include "flow_table.h"
#include "judge.h"

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

static __always_inline int spills_are_wanted(void)
{
	__u32 zero = 0;
	const volatile struct kidos_spilling *reader = bpf_map_lookup_elem(&spilling, &zero);

	return reader && reader->wanted;
}

static __always_inline __u32 kidos_table_judge(const struct kidos_flow_packet *packet)
{
	return judge_flow(&packet->key, packet->policy);
}

#define SPILL_SIZE (sizeof(struct kidos_spill) + 8) /* with the ring's header */
#define SPILL_WRITERS \
	8 /* CPUs that may go past the mark together, each seeing the others' records */

/* With this record, another batch is there. Where all miss it, the next mark does. */
static __always_inline __u64 spill_flags(void)
{
	__u64 ready = bpf_ringbuf_query(&spills, BPF_RB_AVAIL_DATA) + SPILL_SIZE;

	return ready >= KIDOS_SPILL_BATCH && ready % KIDOS_SPILL_BATCH < SPILL_WRITERS * SPILL_SIZE
		       ? BPF_RB_FORCE_WAKEUP
		       : BPF_RB_NO_WAKEUP;
}

static __always_inline void kidos_table_spill(const struct kidos_spill *spill)
{
	count_event(KIDOS_EVENT_EVICTED);
	if (!spills_are_wanted())
		return;
	if (bpf_ringbuf_output(&spills, (void *)spill, sizeof(*spill), spill_flags()))
		count_event(KIDOS_EVENT_SPILL_LOST);
	else
		count_event(KIDOS_EVENT_SPILLED);
}

/*
 * A function of its own, global: the verifier walks the table's loops once
 * (about 20,000 instructions) instead of for each outcome of the parser.
 */
__noinline __u32 count_flow(const struct kidos_flow_packet *packet)
{
	return packet ? kidos_flow_count(&kidos_config, packet) : 0;
}
#endif
