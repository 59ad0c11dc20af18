/* SPDX-License-Identifier: MIT */
#include "state/health.h"

#include <stdio.h>

#define START_NS 30000000000u

const char *const kidos_health_names[] = { "alive", "starting", "stale" };

enum kidos_health kidos_health(const struct kidos_meta *meta, bool process_exists, uint64_t now_ns,
			       char text[KIDOS_TEXT_HEALTH])
{
	uint64_t since = meta->last_poll_ns ? meta->last_poll_ns : meta->started_ns;
	uint64_t age = now_ns > since ? now_ns - since : 0; /* the clock may have been set back */
	const char *what = meta->last_poll_ns ? "last poll" : "no poll yet, started";
	uint64_t late = KIDOS_LATE_INTERVALS * meta->interval_ns;

	if (!process_exists) {
		snprintf(text, KIDOS_TEXT_HEALTH, "process %u is gone", meta->pid);
		return KIDOS_STALE;
	}
	snprintf(text, KIDOS_TEXT_HEALTH, "%s %.1f s ago, interval %.1f s", what, (double)age / 1e9,
		 (double)meta->interval_ns / 1e9);
	/* The first poll waits for all plugins of collectd to be there. */
	if (!meta->last_poll_ns && late < START_NS)
		late = START_NS;
	if (age > late)
		return KIDOS_STALE;
	return meta->last_poll_ns ? KIDOS_ALIVE : KIDOS_STARTING;
}
