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
	/* Thresholds, 0: no alert of this kind. */
	uint64_t rate_threshold; /* packets a second */
	uint64_t rate_factor;
	uint64_t port_scan; /* ports */
	uint64_t host_sweep; /* hosts */
	uint64_t syn_flood; /* percent */
	bool unusual_protocol;
	uint64_t repeated_flow; /* flows */
	uint64_t volume_share; /* percent */
	uint64_t volume_min; /* bytes in a window */
	bool baseline;
	struct kidos_quotas quotas;
	struct kidos_strings exempt;
};

extern const struct kidos_block kidos_alert_block;

#endif
