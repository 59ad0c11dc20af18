/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * entry.h: what the entry programs (entry.bpf.c) and the counting ones
 * (traffic.bpf.c) share: whose packet it is, and events.
 */
#ifndef KIDOS_ENTRY_H
#define KIDOS_ENTRY_H

#include "abi.h"

/*
 * Left by the entry program that the packet came by, for the counting program
 * that it jumps to. XDP and tc run with bottom halves disabled, so that nothing
 * comes between store and read. On PREEMPT_RT it may: there is no jump there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_origin);
} origin SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KIDOS_EVENTS);
	__type(key, __u32);
	__type(value, __u64);
} events SEC(".maps");

static __always_inline void count_event(__u32 event)
{
	__u64 *count = bpf_map_lookup_elem(&events, &event);

	if (count)
		__sync_fetch_and_add(count, 1);
}
#endif
