/* SPDX-License-Identifier: MIT */
/* control_maps.h: the maps between plugin and kidosctl that no program touches. */
#ifndef KIDOS_STATE_CONTROL_MAPS_H
#define KIDOS_STATE_CONTROL_MAPS_H

#include "alerts/alert.h"
#include "state/control.h"

/* In the order of kidos_control_map_names; each is pinned under its name. */
enum kidos_control_map {
	KIDOS_CONTROL_REQUEST, /* one struct kidos_request; written by kidosctl */
	KIDOS_CONTROL_ANSWER, /* one struct kidos_answer; this and the rest by the plugin */
	KIDOS_CONTROL_COLLECTORS, /* struct kidos_collector_status */
	KIDOS_CONTROL_ALERTS, /* KIDOS_EPISODES of struct kidos_episode */
	KIDOS_CONTROL_MAPS
};
extern const char *const kidos_control_map_names[KIDOS_CONTROL_MAPS];

/* Folder in the state directory on which a writer of requests holds a lock. */
#define KIDOS_CONTROL_LOCK "requests"

struct kidos_control_maps {
	int fd[KIDOS_CONTROL_MAPS]; /* -1 where there is none */
};

#define KIDOS_CONTROL_MAPS_NONE          \
	{                                \
		.fd = { -1, -1, -1, -1 } \
	}

/* Makes the maps; 0 or -errno. */
int kidos_control_create(struct kidos_control_maps *maps);

/* Opens what is pinned under path, to be read at least; 0 or -errno (-EPROTO: another version's).
 */
int kidos_control_open(struct kidos_control_maps *maps, const char *path);
void kidos_control_close(struct kidos_control_maps *maps);

/* One element; its size is the map's. 0 or -errno. */
int kidos_control_read(const struct kidos_control_maps *maps, enum kidos_control_map map,
		       unsigned int index, void *value);
int kidos_control_write(const struct kidos_control_maps *maps, enum kidos_control_map map,
			unsigned int index, const void *value);

#endif
