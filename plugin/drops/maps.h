/* SPDX-License-Identifier: MIT */
/* maps.h: the maps of the drop programs, as the plugin has them. */
#ifndef KIDOS_DROPS_MAPS_H
#define KIDOS_DROPS_MAPS_H

#include "drops/rungs.h"
#include "state/map_set.h"

#include <stdint.h>

enum kidos_drop_map {
	KIDOS_DROP_MAP_COUNTS,
	KIDOS_DROP_MAP_OTHER,
	KIDOS_DROP_MAP_RECORDS,
	KIDOS_DROP_MAP_POSITIONS,
	KIDOS_DROP_MAP_REASONS,
	KIDOS_DROP_MAP_TRIAL,
	KIDOS_DROP_MAP_OWNERS,
	KIDOS_DROP_MAP_ALERTS,
	KIDOS_DROP_MAP_ALERTS_LOST,
	KIDOS_DROP_MAP_STATE,
	KIDOS_DROP_MAPS
};
extern const struct kidos_map_set kidos_drop_map_set;

struct kidos_drop_maps {
	int fd[KIDOS_DROP_MAPS]; /* -1 where there is none */
	int policy_mark; /* the traffic programs', which owns it; -1: nothing is policed */
};

#define KIDOS_DROP_MAPS_NONE                                            \
	{                                                               \
		.fd = KIDOS_NO_MAPS(KIDOS_DROP_MAPS), .policy_mark = -1 \
	}

void kidos_drop_maps_close(struct kidos_drop_maps *maps);

int kidos_drop_maps_set_state(const struct kidos_drop_maps *maps,
			      const struct kidos_drop_state *state);

/* Adds to a counter that no program writes, makes it if need be; 0 or -errno: -E2BIG when full. */
int kidos_drop_maps_add(const struct kidos_drop_maps *maps, const struct kidos_drop_key *key,
			uint64_t count);

/*
 * Takes a counter out of the map. A program that holds it at that very moment may still add to it,
 * which is lost: remove none that moves. 0 or -errno.
 */
int kidos_drop_maps_remove(const struct kidos_drop_maps *maps, const struct kidos_drop_key *key,
			   uint64_t *count);

/* When a reason was first seen, CLOCK_BOOTTIME in ns; 0: never. */
uint64_t kidos_drop_maps_first(const struct kidos_drop_maps *maps, uint32_t reason);

/* Candidates for alerts that found the ring full. */
uint64_t kidos_drop_maps_alerts_lost(const struct kidos_drop_maps *maps);

#endif
