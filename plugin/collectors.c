/* SPDX-License-Identifier: MIT */
/* collectors.c: the collectors there are, one row each. */
#include "collector.h"

extern const struct kidos_collector kidos_eventlog_collector, kidos_flows_collector,
	kidos_drops_collector, kidos_connects_collector, kidos_policy_collector,
	kidos_capture_collector, kidos_alerts_collector, kidos_notifications_collector;

const struct kidos_collector *const kidos_collectors[] = {
	&kidos_eventlog_collector, /* ahead of who gives it rows: it is closed after them */
	&kidos_flows_collector,
	&kidos_drops_collector,
	&kidos_connects_collector,
	&kidos_policy_collector,
	/* Likewise ahead of alerts, which it is given. */
	&kidos_capture_collector,
	&kidos_alerts_collector,
	&kidos_notifications_collector,
	NULL,
};
