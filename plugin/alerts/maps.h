/* SPDX-License-Identifier: MIT */
/* maps.h: active and recent alerts in the pinned map `alert_state`, for kidosctl. */
#ifndef KIDOS_ALERTS_MAPS_H
#define KIDOS_ALERTS_MAPS_H

#include "state/map_set.h"

enum kidos_alert_map {
	KIDOS_ALERT_MAP_STATE, /* KIDOS_ALERTS_KEPT of struct kidos_alert */
	KIDOS_ALERT_MAPS
};
extern const struct kidos_map_set kidos_alert_map_set;

#endif
