/* SPDX-License-Identifier: MIT */
/*
 * collector.h: from signs to notifications. The ring's thread takes
 * records and never waits; rules and limits are behind one lock; a second
 * thread hands news to collectd, which may take its time.
 */
#ifndef KIDOS_ALERTS_COLLECTOR_H
#define KIDOS_ALERTS_COLLECTOR_H

#include "context.h"

/* NULL in engine->alerts when the block is not there; every function below accepts that. */
struct kidos_alerts;

/* 0 or -errno, after its line in the log. */
int kidos_alerts_start(struct kidos_engine *engine, kidos_notify notify);
/* Within 1.5 s, whatever a receiver of notifications does. */
void kidos_alerts_stop(struct kidos_engine *engine);

/* Records of this ring buffer map are signs from now on; 0 (also when it was joined) or -errno. */
int kidos_alerts_join(struct kidos_engine *engine, int map);

/* A sign that a poll found; any thread. */
void kidos_alerts_raise(struct kidos_engine *engine, const struct kidos_alert *alert);

/* While off, no sign is taken; what is active ends by its cool-down. */
void kidos_alerts_switch(struct kidos_engine *engine, bool on);

struct kidos_alert_totals {
	struct kidos_alert_counts counts;
	uint64_t sent, lost;
};
/* sent + lost + counts.suppressed + those in the queue = the sum of counts.raised. */
void kidos_alerts_totals(struct kidos_engine *engine, struct kidos_alert_totals *totals);

#endif
