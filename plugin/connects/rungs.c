/* SPDX-License-Identifier: MIT */
#include "connects/rungs.h"

#define ADDRESS "connect() with a bad descriptor or address"
#define SYSCALLS "connect() by io_uring and of 32-bit programs"

/*
 * Before kernel 7.0 fexit misses no return of 2,000 threads that block, where a kretprobe sees 10.
 * Since then a task that is preempted inside a program makes the kernel skip others' runs of it: a
 * kprobe is not skipped at the entry.
 */
const struct kidos_connect_rung kidos_connect_rungs[] = {
	{ .name = "fentry",
	  .programs = { "connect_fentry", "connect_fexit" },
	  .returns = true,
	  .below = 7,
	  .blind = ADDRESS },
	{ .name = "kprobe",
	  .programs = { "connect_kprobe", "connect_fexit" },
	  .returns = true,
	  .blind = ADDRESS },
	{ .name = "tracepoint",
	  .programs = { "connect_enter", "connect_exit" },
	  .returns = true,
	  .syscalls = true,
	  .blind = SYSCALLS },
	{ .name = "cgroup",
	  .programs = { "connect_cgroup4", "connect_cgroup6" },
	  .cgroup = true,
	  .blind = "why a connect() failed before its SYN, and how one of UDP or a Unix socket "
		   "ended (lost)" },
	{ .name = "raw",
	  .programs = { "connect_raw_enter", "connect_raw_exit" },
	  .returns = true,
	  .forced = true,
	  .syscalls = true,
	  .blind = SYSCALLS },
};
const size_t kidos_connect_rung_count =
	sizeof(kidos_connect_rungs) / sizeof(kidos_connect_rungs[0]);

/* The first loads on every kernel; where the root cgroup is taken it cannot be attached. */
const struct kidos_connect_outcomes kidos_connect_outcomes[] = {
	{ .name = "sockops",
	  .program = "connect_sockops",
	  .cgroup = true,
	  .storage = true,
	  .blind = "" },
	{ .name = "inet_sock_set_state",
	  .program = "connect_set_state",
	  .storage = true,
	  .blind = "" },
	/* Before 5.11. */
	{ .name = "inet_sock_set_state",
	  .program = "connect_set_state",
	  .blind = "; whose listener accepted, and the traffic" },
};
const size_t kidos_connect_outcome_count =
	sizeof(kidos_connect_outcomes) / sizeof(kidos_connect_outcomes[0]);

const char *const kidos_connect_probe_names[] = {
	"auto", "fentry", "kprobe", "tracepoint", "cgroup", "raw", NULL,
};
