/* SPDX-License-Identifier: MIT */
/* pids.h: the PID namespace of this process, by which programs number processes. */
#ifndef KIDOS_CORE_PIDS_H
#define KIDOS_CORE_PIDS_H

#include <stdint.h>

/* Zeros: the initial namespace, or no /proc that tells. */
struct kidos_pid_namespace {
	uint64_t device; /* as bpf_get_ns_current_pid_tgid takes it */
	uint32_t inode;
};

struct kidos_pid_namespace kidos_pid_namespace(void);

#endif
