/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_who.h: the task that runs, whose the attempt is. A thread's own name
 * says little (io_uring's workers have others'): the group leader's is taken.
 */
#ifndef KIDOS_CONNECT_WHO_H
#define KIDOS_CONNECT_WHO_H

#include "connect_maps.h"
#include "connect_net.h"
#include "kernel_types.h"
#include "pid.h"

/* Read without a helper, each of which costs 35 ns (kernel 5.11). */
static __always_inline int has_task_btf(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

static __always_inline void who_direct(struct kidos_connect_attempt *to)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;

	to->tid_initial = (__u32)task->pid;
	to->tgid_initial = (__u32)task->tgid;
	to->uid = task->cred->uid.val;
	to->owner.cgroup = task->cgroups->dfl_cgrp->kn->id;
	((__u64 *)to->owner.comm)[0] = *(__u64 *)&leader->comm[0];
	((__u64 *)to->owner.comm)[1] = *(__u64 *)&leader->comm[8];
}

static __always_inline void who_read(struct kidos_connect_attempt *to)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	to->tid_initial = (__u32)BPF_CORE_READ(task, pid);
	to->tgid_initial = (__u32)BPF_CORE_READ(task, tgid);
	to->uid = BPF_CORE_READ(task, cred, uid.val);
	to->owner.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_INTO(&to->owner.comm, task, group_leader, comm);
}

/* Behind a command's end there may be what was there before: one command is one key. */
static __always_inline void cut_comm(__u64 *comm)
{
	__u64 zeros;
	int half;

#pragma unroll
	for (half = 0; half < 2; half++) {
		zeros = (comm[half] - 0x0101010101010101ull) & ~comm[half] & 0x8080808080808080ull;
		if (!zeros)
			continue;
		/* Below the lowest bit that is set: whole bytes before the first NUL. */
		comm[half] &= ((zeros & -zeros) - 1) >> 7;
		if (!half)
			comm[1] = 0;
		return;
	}
}

static __always_inline void take_namespace(struct kidos_connect_attempt *to)
{
	struct task_struct *task;

	to->tid = to->tid_initial;
	to->tgid = to->tgid_initial;
	if (!connect_config.pid_namespace)
		return;
	to->tid = to->tgid = 0;
	if (!connect_config.readable)
		return;
	task = (struct task_struct *)bpf_get_current_task();
	to->tid = pid_in(BPF_CORE_READ(task, thread_pid), connect_config.pid_namespace);
	to->tgid =
		pid_in(BPF_CORE_READ(task, group_leader, thread_pid), connect_config.pid_namespace);
}

static __always_inline void who(struct kidos_connect_attempt *to)
{
	if (has_task_btf())
		who_direct(to);
	else
		who_read(to);
	cut_comm((__u64 *)to->owner.comm);
	take_namespace(to);
}

/* The number by which `connect_calls` has it. */
static __always_inline __u32 thread_here(void)
{
	struct task_struct *task;

	if (has_task_btf())
		return (__u32)bpf_get_current_task_btf()->pid;
	task = (void *)bpf_get_current_task();
	return (__u32)BPF_CORE_READ(task, pid);
}

static __always_inline __u32 netns_here(void)
{
	struct task_struct *task;

	if (has_task_btf())
		return bpf_get_current_task_btf()->nsproxy->net_ns->ns.inum;
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

#endif
