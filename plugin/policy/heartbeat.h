/* SPDX-License-Identifier: MIT */
/*
 * heartbeat.h: a thread that shows the programs each second that the daemon is
 * there, whatever else of it waits. Suspended time is no time.
 */
#ifndef KIDOS_POLICY_HEARTBEAT_H
#define KIDOS_POLICY_HEARTBEAT_H

#include "abi_policy.h"
#include "core/thread.h"
#include "state/state.h"

#define KIDOS_HEARTBEAT_LATE 3 /* seconds after which the daemon is dead */

struct kidos_heartbeat {
	struct kidos_thread thread;
	struct kidos_policy_control *control;
	uint64_t unit_ns;
	int64_t origin_ns;
};

/* The first beat is done when it returns. 0 or -errno. */
int kidos_heartbeat_start(struct kidos_heartbeat *heartbeat, struct kidos_policy_control *control,
			  const struct kidos_meta *meta);
void kidos_heartbeat_stop(struct kidos_heartbeat *heartbeat);

#endif
