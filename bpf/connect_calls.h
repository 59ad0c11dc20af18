/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_calls.h: the call that a thread is in. It lies in the thread's own
 * storage, which saves the 250 ns of an insert and a removal; or in a hash map:
 * before kernel 5.12, and where a return may be missed, so that what a thread
 * left behind when it ended is found.
 */
#ifndef KIDOS_CONNECT_CALLS_H
#define KIDOS_CONNECT_CALLS_H

#include "connect_who.h"

/* Of the thread that runs; NULL: it is in none. */
static __always_inline struct kidos_connect_attempt *call_here(__u32 thread)
{
	struct kidos_connect_attempt *call;

	if (!connect_config.tasks)
		return bpf_map_lookup_elem(&connect_calls, &thread);
	call = bpf_task_storage_get(&connect_tasks, bpf_get_current_task_btf(), 0, 0);
	return call && call->stage != KIDOS_CONNECT_NO_CALL ? call : NULL;
}

/* 0, or that there is no room. */
static __always_inline int keep_call(const struct kidos_connect_attempt *attempt)
{
	struct kidos_connect_attempt *call;

	if (!connect_config.tasks)
		return (int)bpf_map_update_elem(&connect_calls, &attempt->tid_initial, attempt,
						BPF_ANY);
	call = bpf_task_storage_get(&connect_tasks, bpf_get_current_task_btf(), 0,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!call)
		return -1;
	*call = *attempt;
	return 0;
}

/* Who gets 0 concludes it. */
static __always_inline int drop_call(struct kidos_connect_attempt *call, __u32 thread)
{
	if (!connect_config.tasks)
		return (int)bpf_map_delete_elem(&connect_calls, &thread);
	call->stage = KIDOS_CONNECT_NO_CALL;
	return 0;
}

#endif
