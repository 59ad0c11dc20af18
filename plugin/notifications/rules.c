/* SPDX-License-Identifier: MIT */
#include "notifications/rules.h"

#include <string.h>

/* What threshold sends has the plugin of the value that it is about. */
static bool is_of(const struct kidos_notification *notification, const char *plugin)
{
	return !strcmp(notification->plugin, plugin) ||
	       (notification->by_threshold && !strcmp(plugin, "threshold"));
}

bool kidos_notification_matches(const struct kidos_notification_rule *rule,
				const struct kidos_notification *notification)
{
	return rule->enabled && is_of(notification, rule->plugin) &&
	       (!*rule->type || !strcmp(notification->type, rule->type)) &&
	       notification->severity >= rule->severity;
}
