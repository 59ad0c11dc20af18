/* SPDX-License-Identifier: MIT */
/* health.h: is the daemon that fills the maps at work? */
#ifndef KIDOS_STATE_HEALTH_H
#define KIDOS_STATE_HEALTH_H

#include "state/state.h"

#define KIDOS_LATE_INTERVALS 3

enum kidos_health {
	KIDOS_ALIVE,
	KIDOS_STARTING, /* no poll yet, and none overdue */
	KIDOS_STALE,
};
extern const char *const kidos_health_names[];

#define KIDOS_TEXT_HEALTH 96

/* text: why, for people. now_ns: CLOCK_REALTIME. */
enum kidos_health kidos_health(const struct kidos_meta *meta, bool process_exists, uint64_t now_ns,
			       char text[KIDOS_TEXT_HEALTH]);

#endif
