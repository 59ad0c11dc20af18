/* SPDX-License-Identifier: MIT */
/* status.h: what `status` says, gathered before it is said in words or JSON. */
#ifndef KIDOS_KIDOSCTL_STATUS_H
#define KIDOS_KIDOSCTL_STATUS_H

#include "state/control.h"
#include "state/health.h"
#include "drops/ctl_brief.h"

struct ctl_status {
	const struct ctl_state *state;
	enum kidos_health health;
	char why[KIDOS_TEXT_HEALTH];
	const char *rung; /* of the flow table */
	double fill; /* share of MaxFlows in use */
	double idle; /* seconds */
	uint64_t events[KIDOS_EVENTS];
	struct ctl_drop_brief drops;
	struct kidos_collector_status
		collectors[KIDOS_COLLECTORS_MAX]; /* up to one without a name */
	;
};

void json_status_print(const struct ctl_status *status);

#endif
