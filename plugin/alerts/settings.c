/* SPDX-License-Identifier: MIT */
#include "alerts/settings.h"

#define AT(field) KIDOS_OPTION_AT(kidos_alert_settings, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "raise alerts; without the block there are none" },
	{ "CoolDown", KIDOS_OPTION_NUMBER, AT(cool_down), 1, 86400, "60", NULL,
	  "seconds without an event after which an alert has ended" },
	{ "RateLimit", KIDOS_OPTION_NUMBER, AT(rate_limit), 0, 1000, "10", NULL,
	  "starting alerts that are sent in any minute, 0: all" },
	{ "Window", KIDOS_OPTION_NUMBER, AT(window), 1, 3600, "60", NULL,
	  "seconds within which there must be enough packets to judge a share of them" },
};

const struct kidos_block kidos_alert_block = {
	.name = "Alerts",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_alert_settings),
	.off_without = true,
};
