/* SPDX-License-Identifier: MIT */
/* settings.h: the blocks <OnNotification>. */
#ifndef KIDOS_NOTIFICATIONS_SETTINGS_H
#define KIDOS_NOTIFICATIONS_SETTINGS_H

#include "core/config.h"

#define KIDOS_ON_NOTIFICATION_MAX 32 /* blocks */

/* In the order of their names. */
enum kidos_notification_action {
	KIDOS_NOTIFICATION_LOG,
	KIDOS_NOTIFICATION_CAPTURE,
	KIDOS_NOTIFICATION_POLICY_LOG,
};
extern const char *const kidos_notification_actions[];

struct kidos_notification_rule {
	bool enabled;
	char plugin[128], type[128]; /* "": any type */
	unsigned int severity; /* enum kidos_severity: this one, or worse */
	unsigned int action; /* enum kidos_notification_action */
};

extern const struct kidos_block kidos_notification_block;

#endif
