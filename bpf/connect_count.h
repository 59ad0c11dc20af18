/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_count.h: counts by owner. Programs interrupt each other and run on
 * all CPUs: adds are atomic.
 */
#ifndef KIDOS_CONNECT_COUNT_H
#define KIDOS_CONNECT_COUNT_H

#include "connect_who.h"

#define add_to(counter, many) __sync_fetch_and_add(&(counter), many)

static __always_inline void count_event(__u32 event)
{
	__u64 *count = bpf_map_lookup_elem(&connect_events, &event);

	if (count)
		add_to(*count, 1);
}

/* The key of all zeros, which the plugin put there, is for those that find the map full. */
static __noinline struct kidos_connect_counts *make_owner(struct kidos_connect_owner *owner)
{
	struct kidos_connect_counts *counts;
	__u32 zero = 0;

	counts = bpf_map_lookup_elem(&connect_zero, &zero);
	if (counts)
		bpf_map_update_elem(&connect_owners, owner, counts, BPF_NOEXIST);
	/* Another CPU may have been quicker. */
	counts = bpf_map_lookup_elem(&connect_owners, owner);
	if (counts)
		return counts;
	count_event(KIDOS_CONNECT_EVENT_NO_OWNER);
	__builtin_memset(owner, 0, sizeof(*owner));
	return bpf_map_lookup_elem(&connect_owners, owner);
}

/* Sets *owner to all zeros where there is no room for it: what follows is counted there too. */
static __always_inline struct kidos_connect_counts *counts_of(struct kidos_connect_owner *owner)
{
	struct kidos_connect_counts *counts = bpf_map_lookup_elem(&connect_owners, owner);

	return counts ? counts : make_owner(owner);
}

/* 1 or 0 without a branch: a verifier would walk what follows for each. */
static __always_inline __u32 is_above(__u64 value, __u64 limit)
{
	return (__u32)((limit - value) >> 63);
}

/* floor(log2(value)) of a value below 2^63 */
static __always_inline __u32 bucket_of(__u64 value)
{
	__u32 bucket = 0, step, shift;

#pragma unroll
	for (step = 32; step; step >>= 1) {
		shift = is_above(value, (1ull << step) - 1) * step;
		value >>= shift;
		bucket += shift;
	}
	return bucket < KIDOS_CONNECT_BUCKETS ? bucket : KIDOS_CONNECT_BUCKETS - 1;
}

static __noinline int count_failure_other(__u32 protocol, __u32 error)
{
	__u32 index = protocol * KIDOS_CONNECT_ERRNOS + error;
	__u64 *count = bpf_map_lookup_elem(&connect_failures_other, &index);

	if (count)
		add_to(*count, 1);
	return 0;
}

static __always_inline void count_failure(const struct kidos_connect_owner *owner, __u32 protocol,
					  __u32 error)
{
	struct kidos_connect_failure key = { .owner = *owner,
					     .protocol = (__u16)protocol,
					     .error = (__u16)error };
	__u64 *count = bpf_map_lookup_elem(&connect_failures, &key), one = 1;

	if (!count && !bpf_map_update_elem(&connect_failures, &key, &one, BPF_NOEXIST))
		return;
	if (!count)
		count = bpf_map_lookup_elem(&connect_failures, &key);
	if (count)
		add_to(*count, 1);
	else
		count_failure_other(protocol, error);
}

static __always_inline void count_attempt(struct kidos_connect_attempt *attempt)
{
	struct kidos_connect_counts *counts = counts_of(&attempt->owner);
	__u32 protocol = kidos_connect_protocol_of(attempt->protocol, attempt->family);

	if (counts && protocol < KIDOS_CONNECT_PROTOCOLS)
		add_to(counts->attempts[protocol], 1);
}

struct connect_end {
	__u64 time; /* CLOCK_BOOTTIME, ns */
	__u8 outcome; /* enum kidos_connect_outcome */
	__u16 error;
};

static __always_inline void count_success(struct kidos_connect_counts *counts, __u32 protocol,
					  __u64 latency)
{
	__u32 bucket;

	add_to(counts->succeeded[protocol], 1);
	if (protocol != KIDOS_CONNECT_TCP)
		return;
	bucket = bucket_of(latency);
	barrier_var(bucket); /* a verifier before 6.12 learns its bound here */
	if (bucket < KIDOS_CONNECT_BUCKETS)
		add_to(counts->latency[bucket], 1);
}

static __always_inline void count_outcome(struct kidos_connect_attempt *attempt,
					  const struct connect_end *end)
{
	__u32 protocol = kidos_connect_protocol_of(attempt->protocol, attempt->family);
	struct kidos_connect_counts *counts;

	if (end->outcome == KIDOS_CONNECT_FAILED) {
		count_failure(&attempt->owner, protocol, end->error);
		return;
	}
	counts = counts_of(&attempt->owner);
	if (!counts || protocol >= KIDOS_CONNECT_PROTOCOLS)
		return;
	switch (end->outcome) {
	case KIDOS_CONNECT_SUCCEEDED:
		count_success(counts, protocol, end->time - attempt->start);
		break;
	case KIDOS_CONNECT_ABANDONED:
		add_to(counts->abandoned[protocol], 1);
		break;
	default:
		add_to(counts->lost[protocol], 1);
	}
}

#endif
