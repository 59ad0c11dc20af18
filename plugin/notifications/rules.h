/* SPDX-License-Identifier: MIT */
/* rules.h: which notifications an <OnNotification> means. */
#ifndef KIDOS_NOTIFICATIONS_RULES_H
#define KIDOS_NOTIFICATIONS_RULES_H

#include "core/notification.h"
#include "notifications/settings.h"

/* Exactly this plugin and type, and this severity or a worse one. */
bool kidos_notification_matches(const struct kidos_notification_rule *rule,
				const struct kidos_notification *notification);

#endif
