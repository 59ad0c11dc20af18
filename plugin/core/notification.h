/* SPDX-License-Identifier: MIT */
/* notification.h: a notification of another plugin of this host, free of collectd's types. */
#ifndef KIDOS_CORE_NOTIFICATION_H
#define KIDOS_CORE_NOTIFICATION_H

#include "core/alert.h"

/* Strings are raw, as they came, and valid during the call only. */
struct kidos_notification {
	enum kidos_severity severity;
	uint64_t time_ns; /* CLOCK_REALTIME */
	bool by_threshold; /* plugin and type are those of the value that threshold judged */
	const char *plugin, *plugin_instance, *type, *type_instance, *message;
};

#endif
