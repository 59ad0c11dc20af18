/* SPDX-License-Identifier: MIT */
/* settings.h: the block <Alerts>. */
#ifndef KIDOS_ALERTS_SETTINGS_H
#define KIDOS_ALERTS_SETTINGS_H

#include "core/config.h"

struct kidos_alert_settings {
	bool enabled;
	uint64_t cool_down; /* seconds */
	uint64_t rate_limit; /* notifications of starts a minute, 0: any number */
	uint64_t window; /* seconds */
};

extern const struct kidos_block kidos_alert_block;

#endif
