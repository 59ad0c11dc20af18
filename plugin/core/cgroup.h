/* SPDX-License-Identifier: MIT */
/* cgroup.h: how much memory the control groups that this process is in leave it. */
#ifndef KIDOS_CORE_CGROUP_H
#define KIDOS_CORE_CGROUP_H

#include <stdint.h>

/*
 * The smallest limit of memory of the process's cgroup and of those above it
 * that it can see, versions 1 and 2, in bytes; UINT64_MAX without any. root:
 * where proc and the mounts that it names are, "" for the system's own.
 */
uint64_t kidos_cgroup_memory(const char *root);

#endif
