/* SPDX-License-Identifier: MIT */
/*
 * engine_alerts.h: from signs to notifications. The ring's thread takes
 * records and never waits; rules and limits are behind one lock; a second
 * thread hands news to collectd, which may take its time.
 */
#ifndef KIDOS_ENGINE_ALERTS_H
#define KIDOS_ENGINE_ALERTS_H

#include "engine_internal.h"

/* NULL in engine->alerts when the block is not there; every function below accepts that. */
struct kidos_alerts;

/* 0 or -errno, after its line in the log. */
int kidos_alerts_start(struct kidos_engine *engine, kidos_notify notify);
/* Within 1.5 s, whatever a receiver of notifications does. */
void kidos_alerts_stop(struct kidos_engine *engine);

/* Records of this ring buffer map are signs from now on; 0 (also when it was joined) or -errno. */
int kidos_alerts_join(struct kidos_engine *engine, int map);

/*
 * Shares of what an interface saw, from the poll, under its lock: parts
 * (drops) since the last one, then the whole (packets), which only grows.
 * Forget a slot while its whole is not counted.
 */
void kidos_alerts_part(struct kidos_engine *engine, enum kidos_alert_kind kind, unsigned int slot,
		       uint64_t part);
void kidos_alerts_judge(struct kidos_engine *engine, enum kidos_alert_kind kind, unsigned int slot,
			uint64_t whole);
void kidos_alerts_forget(struct kidos_engine *engine, enum kidos_alert_kind kind,
			 unsigned int slot);

/* While off, no sign is taken; what is active ends by its cool-down. */
void kidos_alerts_switch(struct kidos_engine *engine, bool on);

struct kidos_alert_totals {
	struct kidos_alert_counts counts;
	uint64_t sent, lost;
};
/* sent + lost + counts.suppressed + those in the queue = the sum of counts.raised. */
void kidos_alerts_totals(struct kidos_engine *engine, struct kidos_alert_totals *totals);

#endif
