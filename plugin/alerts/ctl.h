/* SPDX-License-Identifier: MIT */
/* ctl.h: `kidosctl alerts`: active and recent ones, gathered before they are printed. */
#ifndef KIDOS_ALERTS_CTL_H
#define KIDOS_ALERTS_CTL_H

#include "alerts/notice.h"
#include "ctl/ctl.h"

#include <stddef.h>

/* Times are CLOCK_REALTIME. The notice is the one of now: of the start, or of the end. */
struct ctl_alert {
	struct kidos_alert alert;
	struct kidos_notice notice;
	uint64_t started_ns, last_ns, ended_ns; /* ended: 0 while active */
};

struct ctl_alerts {
	struct ctl_alert *items; /* active ones first, then the newest first */
	size_t count; /* of those that the options select */
	size_t shown; /* the first of them */
	size_t known; /* selected or not */
	uint64_t time_ns; /* CLOCK_REALTIME of the poll */
};

extern const struct ctl_option ctl_alert_options[];
extern const struct ctl_command ctl_alerts;

void json_alerts_print(const struct ctl_alerts *alerts);

#endif
