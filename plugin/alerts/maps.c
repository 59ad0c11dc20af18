/* SPDX-License-Identifier: MIT */
#include "alerts/maps.h"
#include "alerts/states.h"

#include <linux/bpf.h>

static const struct kidos_map_row rows[KIDOS_ALERT_MAPS] = {
	[KIDOS_ALERT_MAP_STATE] = { "alert_state", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				    sizeof(struct kidos_alert), KIDOS_ALERTS_KEPT },
};
const struct kidos_map_set kidos_alert_map_set = KIDOS_MAP_SET(rows);
