/* SPDX-License-Identifier: MIT */
/* owners.h: the hooks at the root cgroup that remember which process has a socket. */
#ifndef KIDOS_DROPS_OWNERS_H
#define KIDOS_DROPS_OWNERS_H

#include <stdbool.h>

struct kidos_owners;

/*
 * map: drop_owners; readable: programs may read kernel memory. NULL after a line in the log that
 * says why: owners are uid and cgroup then.
 */
struct kidos_owners *kidos_owners_load(int map, bool readable);
void kidos_owners_free(struct kidos_owners *owners);

#endif
