/* SPDX-License-Identifier: MIT */
#include "notifications/settings.h"

const char *const kidos_notification_actions[] = { "log", "capture", "policy-log", NULL };
/* In the order of enum kidos_severity. */
static const char *const severities[] = { "okay", "warning", "failure", NULL };

#define AT(field) KIDOS_OPTION_AT(kidos_notification_rule, field)
#define ROOM(field) KIDOS_OPTION_ROOM(kidos_notification_rule, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "act on notifications of other plugins" },
	{ "Plugin", KIDOS_OPTION_STRING, AT(plugin), ROOM(plugin), "threshold", NULL,
	  "plugin of the notification; threshold: whatever that judged" },
	{ "Type", KIDOS_OPTION_STRING, AT(type), ROOM(type), "", NULL,
	  "its type; without one any" },
	{ "Severity", KIDOS_OPTION_CHOICE, AT(severity), 0, 0, "failure", severities,
	  "how severe it is at least" },
	{ "Do", KIDOS_OPTION_CHOICE, AT(action), 0, 0, "log", kidos_notification_actions,
	  "what is done then" },
};

const struct kidos_block kidos_notification_block = {
	.name = "OnNotification",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_notification_rule),
	.off_without = true,
	.most = KIDOS_ON_NOTIFICATION_MAX,
};
