/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_record.h: the recorder. A record is filled where it lies; readers
 * know one that is not whole by its sequences.
 */
#ifndef KIDOS_CONNECT_RECORD_H
#define KIDOS_CONNECT_RECORD_H

#include "connect_count.h"

/* The ends of a socket: v4-mapped, host order. */
struct connect_ends {
	union kidos_address src;
	union kidos_address dst;
	__u16 sport;
	__u16 dport;
};

static __always_inline struct connect_position *position_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&connect_positions, &zero);
}

static __always_inline struct kidos_connect_record *record_at(__u64 sequence)
{
	__u32 index = bpf_get_smp_processor_id() * connect_config.room +
		      (__u32)(sequence & (connect_config.room - 1));

	return bpf_map_lookup_elem(&connect_records, &index);
}

/* NULL: there is none to be had. record_end follows on the same CPU. */
static __always_inline struct kidos_connect_record *record_begin(struct connect_position *position)
{
	struct kidos_connect_record *record;

	if (*(volatile __u64 *)&position->busy) {
		count_event(KIDOS_CONNECT_EVENT_NO_RECORD);
		return NULL;
	}
	*(volatile __u64 *)&position->busy = 1;
	barrier();
	record = record_at(position->sequence + 1);
	if (record)
		*(volatile __u64 *)&record->sequence = 0;
	else
		*(volatile __u64 *)&position->busy = 0;
	barrier();
	return record;
}

static __always_inline void record_end(struct connect_position *position,
				       struct kidos_connect_record *record)
{
	__u64 sequence = ++position->sequence;

	record->sequence_end = sequence;
	barrier();
	*(volatile __u64 *)&record->sequence = sequence;
	barrier();
	*(volatile __u64 *)&position->busy = 0;
}

static __always_inline void record_attempt(struct kidos_connect_record *record,
					   const struct kidos_connect_attempt *attempt)
{
	record->socket = attempt->socket;
	record->count = 1;
	record->owner = attempt->owner;
	record->tgid = attempt->tgid;
	record->tgid_initial = attempt->tgid_initial;
	record->tid = attempt->tid;
	record->uid = attempt->uid;
	record->netns = attempt->netns;
	record->protocol = attempt->protocol;
	record->family = attempt->family;
	record->type = attempt->type;
	record->retransmits = 0;
}

static __always_inline void record_ends(struct kidos_connect_record *record,
					const struct connect_ends *ends)
{
	record->src = ends->src;
	record->dst = ends->dst;
	record->sport = ends->sport;
	record->dport = ends->dport;
	record->srtt_us = 0;
	record->rx = record->tx = 0;
}

#endif
