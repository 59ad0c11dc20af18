/* SPDX-License-Identifier: MIT */
/* control_maps.h: the maps between plugin and kidosctl that no program touches. */
#ifndef KIDOS_STATE_CONTROL_MAPS_H
#define KIDOS_STATE_CONTROL_MAPS_H

#include "state/control.h"
#include "state/map_set.h"

enum kidos_control_map {
	KIDOS_CONTROL_REQUEST, /* one struct kidos_request; written by kidosctl */
	KIDOS_CONTROL_ANSWER, /* one struct kidos_answer; this and the rest by the plugin */
	KIDOS_CONTROL_COLLECTORS, /* struct kidos_collector_status; unused ones have no name */
	KIDOS_CONTROL_MAPS
};
extern const struct kidos_map_set kidos_control_map_set;

/* Folder in the state directory on which a writer of requests holds a lock. */
#define KIDOS_CONTROL_LOCK "requests"

/* Opens what is pinned under path, to be read at least; 0 or -errno (-EPROTO: another version's).
 */
int kidos_control_open(int maps[KIDOS_CONTROL_MAPS], const char *path);

#endif
