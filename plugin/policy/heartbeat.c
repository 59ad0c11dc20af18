/* SPDX-License-Identifier: MIT */
#include "policy/heartbeat.h"
#include "core/now.h"

#include <poll.h>

#define PERIOD_MS 1000
#define SECOND_NS 1000000000u

static void beat(const struct kidos_heartbeat *heartbeat)
{
	uint64_t now = kidos_now_ns(CLOCK_MONOTONIC) - (uint64_t)heartbeat->origin_ns;

	__atomic_store_n(&heartbeat->control->heartbeat, (uint32_t)(now / heartbeat->unit_ns),
			 __ATOMIC_RELAXED);
}

static void *run(void *context)
{
	struct kidos_heartbeat *heartbeat = context;
	struct pollfd stop = { .fd = heartbeat->thread.stop, .events = POLLIN };

	while (!atomic_load(&heartbeat->thread.stopping)) {
		beat(heartbeat);
		poll(&stop, 1, PERIOD_MS);
	}
	return NULL;
}

int kidos_heartbeat_start(struct kidos_heartbeat *heartbeat, struct kidos_policy_control *control,
			  const struct kidos_meta *meta)
{
	*heartbeat = (struct kidos_heartbeat){ .thread = KIDOS_NO_THREAD,
					       .control = control,
					       .unit_ns = meta->unit_ns,
					       .origin_ns = meta->time_origin_ns };
	control->patience = (uint32_t)(KIDOS_HEARTBEAT_LATE * SECOND_NS / meta->unit_ns);
	beat(heartbeat);
	return kidos_thread_start(&heartbeat->thread, "kidos heartbeat", run, heartbeat);
}

void kidos_heartbeat_stop(struct kidos_heartbeat *heartbeat)
{
	if (heartbeat->control)
		kidos_thread_stop(&heartbeat->thread, 0);
	heartbeat->control = NULL;
}
