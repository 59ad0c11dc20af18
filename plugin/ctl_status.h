/* SPDX-License-Identifier: MIT */
/* ctl_status.h: what `status` says, gathered before it is said in words or JSON. */
#ifndef KIDOS_CTL_STATUS_H
#define KIDOS_CTL_STATUS_H

#include "core/control.h"
#include "core/health.h"
#include "ctl_drop_brief.h"

struct ctl_status {
	const struct ctl_state *state;
	enum kidos_health health;
	char why[KIDOS_TEXT_HEALTH];
	const char *rung; /* of the flow table */
	double fill; /* share of MaxFlows in use */
	double idle; /* seconds */
	uint64_t events[KIDOS_EVENTS];
	struct ctl_drop_brief drops;
	struct kidos_collector_status collectors[KIDOS_COLLECTORS];
};

void json_status_print(const struct ctl_status *status);

#endif
