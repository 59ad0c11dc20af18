/* SPDX-License-Identifier: MIT */
/* cgroups.h: from the id of a control group to its path, remembered in the map `connect_units`. */
#ifndef KIDOS_CONNECTS_CGROUPS_H
#define KIDOS_CONNECTS_CGROUPS_H

#include "connects/unit.h"

#include <linux/limits.h>
#include <linux/types.h>

/* Value of `connect_units`, by the group's id: the end of its path, raw. */
#define KIDOS_CONNECT_PATH_ROOM 240
struct kidos_connect_cgroup {
	char path[KIDOS_CONNECT_PATH_ROOM];
};
#define KIDOS_CONNECT_UNITS 2048u

struct kidos_connect_cgroups {
	int map; /* `connect_units`, -1: nothing is remembered; it stays the owner's */
	int root; /* where cgroup v2 is mounted; -1: nowhere */
	char point[PATH_MAX];
	int error; /* of the last group that could not be found, but those that are gone */
};

void kidos_connect_cgroups_open(struct kidos_connect_cgroups *cgroups, int map);
void kidos_connect_cgroups_close(struct kidos_connect_cgroups *cgroups);

/*
 * The group's path from the hierarchy's top, and remembers it: a group that is gone has none.
 * 0 or -errno: -EPERM without CAP_DAC_READ_SEARCH, -ENOENT for one that is
 * gone and was not seen before.
 */
int kidos_connect_cgroup_path(struct kidos_connect_cgroups *cgroups, __u64 id,
			      struct kidos_connect_cgroup *group);

/* Its unit, raw; "" where it is not known. */
void kidos_connect_cgroup_unit(struct kidos_connect_cgroups *cgroups, __u64 id,
			       char unit[KIDOS_CONNECT_UNIT]);

#endif
