/* SPDX-License-Identifier: MIT */
/* status.h: what `status` shows, gathered before it is printed as text or JSON. */
#ifndef KIDOS_KIDOSCTL_STATUS_H
#define KIDOS_KIDOSCTL_STATUS_H

#include "ctl/brief.h"
#include "state/health.h"

struct ctl_status {
	const struct ctl_state *state;
	enum kidos_health health;
	char why[KIDOS_TEXT_HEALTH];
	struct ctl_briefs briefs; /* of the poll before too */
};

/* Is the slot in use, and among those that --interface selects? */
bool ctl_status_shows(const struct ctl_status *status, unsigned int slot);

void json_status_print(const struct ctl_status *status);

#endif
