/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * pid.h: the number of the process that runs, in the PID namespace of the
 * daemon. bpf_get_ns_current_pid_tgid knows the processes of that very
 * namespace and none of its children's, and cgroup programs lack it before
 * 6.12: hence the list of its numbers is walked.
 */
#ifndef KIDOS_PID_H
#define KIDOS_PID_H

#include "abi_drop.h"
#include "kernel_types.h"
#include "parse_cursor.h"

#define PID_LEVELS 33 /* MAX_PID_NS_LEVEL (32) below the initial namespace */

static __always_inline __u32 pid_in(struct pid *pid, __u32 wanted)
{
	__u32 level = BPF_CORE_READ(pid, level), i;
	const char *numbers = (const char *)pid + bpf_core_field_offset(struct pid, numbers);
	struct upid *number;

	KIDOS_ROLLED
	for (i = 0; i < PID_LEVELS; i++) {
		if (i > level)
			break;
		number = (struct upid *)(numbers + i * bpf_core_type_size(struct upid));
		if (BPF_CORE_READ(number, ns, ns.inum) == wanted)
			return (__u32)BPF_CORE_READ(number, nr);
	}
	return 0;
}

/* 0: it has no number there. */
static __always_inline __u32 current_process(const volatile struct kidos_drop_config *config)
{
	struct task_struct *task;
	struct pid *pid;

	if (!config->pid_namespace)
		return (__u32)(bpf_get_current_pid_tgid() >> 32);
	if (!config->headers)
		return 0;
	task = (struct task_struct *)bpf_get_current_task();
	pid = BPF_CORE_READ(task, group_leader, thread_pid);
	return pid ? pid_in(pid, config->pid_namespace) : 0;
}

#endif
