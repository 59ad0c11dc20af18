/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the bench of connects needs beside kidos: programs that do nothing,
 * where those of each of its rungs are. The names begin with the rung's.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define EMPTY(name, result)    \
	int name(void *ctx)    \
	{                      \
		return result; \
	}

SEC("fentry/__sys_connect_file")
EMPTY(fentry_enter, 0)

SEC("fexit/__sys_connect_file")
EMPTY(fentry_leave, 0)

SEC("fexit/udp_sendmsg")
EMPTY(fentry_send, 0)

SEC("kprobe/__sys_connect_file")
EMPTY(kprobe_enter, 0)

SEC("fexit/__sys_connect_file")
EMPTY(kprobe_leave, 0)

SEC("fexit/udp_sendmsg")
EMPTY(kprobe_send, 0)

SEC("tp/syscalls/sys_enter_connect")
EMPTY(tracepoint_enter, 0)

SEC("tp/syscalls/sys_exit_connect")
EMPTY(tracepoint_leave, 0)

SEC("cgroup/sendmsg4")
EMPTY(tracepoint_send, 1)

SEC("cgroup/connect4")
EMPTY(cgroup_enter, 1)

SEC("cgroup/sendmsg4")
EMPTY(cgroup_send, 1)

SEC("raw_tp/sys_enter")
EMPTY(raw_enter, 0)

SEC("raw_tp/sys_exit")
EMPTY(raw_leave, 0)

SEC("sockops")
EMPTY(outcomes, 1)
