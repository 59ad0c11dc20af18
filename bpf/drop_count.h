/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * drop_count.h: counts a drop, keeps its record, and raises the first one of a
 * reason. A program may interrupt another on its CPU: counts are atomic, and
 * who finds a record half written leaves it alone.
 *
 * Every drop is counted; of a storm a part is recorded: KIDOS_DROP_RATE drops
 * a tick and CPU, more after a pause, and the first of each key. Where the time
 * goes, in ns on 6.18 beside 70 for the smallest program (with the kernel's own
 * statistics), each found by leaving the part out: a record 300 (125 its
 * copies and the two cache lines of a ring larger than the cache, 75 the
 * look-up of its reason, 40 the task's name, 40 the port, 20 the clock, 20 the
 * socket), the counting hash 50, each read of kernel memory by helper 35, of
 * which there were 16 by raw_tp and are 4 now.
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

/* Is it the first of its key? */
static __always_inline int count_drop(const struct kidos_drop_key *key)
{
	__u64 *count = bpf_map_lookup_elem(&drop_counts, key), one = 1;

	if (!count && !bpf_map_update_elem(&drop_counts, key, &one, BPF_NOEXIST))
		return 1;
	/* Another CPU may have been quicker; else the map is full. */
	if (!count)
		count = bpf_map_lookup_elem(&drop_counts, key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_other(key->class);
	return 0;
}

static __always_inline struct kidos_drop_position *position_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&drop_positions, &zero);
}

/* Who interrupts this on its CPU may cost or gain a record. */
static __always_inline int may_record(void)
{
	struct kidos_drop_position *position = position_here();
	__u64 tick = bpf_jiffies64(), left;

	if (!position)
		return 0;
	if (position->tick != tick) {
		left = position->left + (tick - position->tick) * KIDOS_DROP_RATE;
		position->left = left < KIDOS_DROP_BURST ? left : KIDOS_DROP_BURST;
		position->tick = tick;
	}
	if (!position->left)
		return 0;
	position->left--;
	return 1;
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
	struct kidos_drop_position *position = position_here();

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

static __always_inline __u32 thread_of(const struct kidos_drop_trial *trial)
{
	struct bpf_pidns_info here = {};

	if (!trial->device)
		return (__u32)bpf_get_current_pid_tgid();
	if (bpf_get_ns_current_pid_tgid(trial->device, trial->inode, &here, sizeof(here)))
		return 0;
	return here.pid;
}

/* The message that a trial of this rung has the kernel drop, which is of a local socket. */
static __always_inline void note_trial(void)
{
	__u32 zero = 0;
	struct kidos_drop_trial *trial = bpf_map_lookup_elem(&drop_trial, &zero);

	if (trial && trial->thread && trial->thread == thread_of(trial))
		__sync_fetch_and_add(&trial->seen, 1);
}

#endif
