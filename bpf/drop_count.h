/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * drop_count.h: counts a drop, keeps its record, and raises the first one of a
 * reason. A program may interrupt another on its CPU: counts are atomic, and
 * who finds a record half written leaves it alone.
 */
#ifndef KIDOS_DROP_COUNT_H
#define KIDOS_DROP_COUNT_H

#include "drop_maps.h"

static __always_inline void count_other(__u32 class)
{
	__u64 *count = bpf_map_lookup_elem(&drop_other, &class);

	if (count)
		__sync_fetch_and_add(count, 1);
}

static __always_inline void count_drop(const struct kidos_drop_record *record)
{
	struct kidos_drop_key key = {
		.place = record->place,
		.reason = record->reason,
		.netns = record->netns,
		.ifindex = record->ifindex,
		.class = record->class,
		.policy = record->policy,
	};
	__u64 *count = bpf_map_lookup_elem(&drop_counts, &key), one = 1;

	if (!count && !bpf_map_update_elem(&drop_counts, &key, &one, BPF_NOEXIST))
		return;
	/* Another CPU may have been quicker; else the map is full. */
	if (!count)
		count = bpf_map_lookup_elem(&drop_counts, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_other(record->class);
}

static __always_inline void write_record(struct kidos_drop_position *position,
					 struct kidos_drop_record *record)
{
	__u64 sequence = position->sequence + 1;
	__u32 index = bpf_get_smp_processor_id() * drop_config.room +
		      (__u32)(sequence & (drop_config.room - 1));
	struct kidos_drop_record *to = bpf_map_lookup_elem(&drop_records, &index);

	if (!to)
		return;
	record->sequence_end = record->sequence = sequence;
	*(volatile __u64 *)&to->sequence = 0;
	barrier();
	__builtin_memcpy((char *)to + 8, (const char *)record + 8, sizeof(*to) - 8);
	barrier();
	*(volatile __u64 *)&to->sequence = sequence;
	position->sequence = sequence;
}

static __always_inline void keep_record(struct kidos_drop_record *record)
{
	__u32 zero = 0;
	struct kidos_drop_position *position = bpf_map_lookup_elem(&drop_positions, &zero);

	if (!position || *(volatile __u64 *)&position->busy)
		return;
	*(volatile __u64 *)&position->busy = 1;
	barrier();
	write_record(position, record);
	barrier();
	*(volatile __u64 *)&position->busy = 0;
}

static __always_inline void raise_alert(const struct kidos_drop_record *record)
{
	struct kidos_alert_record *alert = bpf_ringbuf_reserve(&alerts, sizeof(*alert), 0);
	__u32 zero = 0;
	__u64 *lost;

	if (!alert) {
		lost = bpf_map_lookup_elem(&alerts_lost, &zero);
		if (lost)
			__sync_fetch_and_add(lost, 1);
		return;
	}
	alert->size = sizeof(*alert);
	alert->source = KIDOS_ALERT_DROP_REASON;
	alert->drop = *record;
	bpf_ringbuf_submit(alert, 0);
}

static __always_inline void note_reason(const struct kidos_drop_record *record)
{
	__u32 reason = record->reason;
	__u64 first = record->time;

	if (bpf_map_lookup_elem(&drop_reasons, &reason) ||
	    bpf_map_update_elem(&drop_reasons, &reason, &first, BPF_NOEXIST))
		return;
	raise_alert(record);
}

/* A drop of the thread that tries this rung is no drop of the machine's. */
static __always_inline int is_trial(void)
{
	__u32 zero = 0;
	struct kidos_drop_trial *trial = bpf_map_lookup_elem(&drop_trial, &zero);

	if (!trial || !trial->thread || trial->thread != (__u32)bpf_get_current_pid_tgid())
		return 0;
	__sync_fetch_and_add(&trial->seen, 1);
	return 1;
}

#endif
