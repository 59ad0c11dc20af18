/* SPDX-License-Identifier: MIT */
#include "alert_event.h"

#include <stdio.h>

struct kidos_alert_event alert_at(uint64_t seconds, enum kidos_alert_kind kind,
				  const char *instance, const char *subject)
{
	struct kidos_alert_event alert = {
		.time_ns = seconds * SECOND, .kind = kind, .observed = 2.5, .threshold = 1
	};

	snprintf(alert.instance, sizeof(alert.instance), "%s", instance);
	snprintf(alert.subject, sizeof(alert.subject), "%s", subject);
	return alert;
}
