/* SPDX-License-Identifier: MIT */
/* cgroup_root.h: where programs of a cgroup see every process. */
#ifndef KIDOS_CORE_CGROUP_ROOT_H
#define KIDOS_CORE_CGROUP_ROOT_H

/* A descriptor of cgroup v2's mount, alone or beside version 1; -errno: -ENOENT without one. */
int kidos_cgroup_root(void);

#endif
