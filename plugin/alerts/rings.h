/* SPDX-License-Identifier: MIT */
/* rings.h: one thread that reads the rings of all alert sources. It never waits for anybody. */
#ifndef KIDOS_ALERTS_RINGS_H
#define KIDOS_ALERTS_RINGS_H

#include "core/alert.h"
#include "core/thread.h"

#define KIDOS_ALERT_RINGS 8

struct kidos_alert_rings;

/* take: an event that a record raised. tick: about four times a second. */
struct kidos_alert_rings_use {
	void (*take)(void *self, const struct kidos_alert_event *event);
	void (*tick)(void *self);
	void *self;
};

/* Starts the thread. NULL with errno. */
struct kidos_alert_rings *kidos_alert_rings_open(const struct kidos_alert_rings_use *use);
void kidos_alert_rings_close(struct kidos_alert_rings *rings); /* accepts NULL */

/*
 * Reads this source too from now on; it stays the caller's and there until
 * close. Not for two threads at once. 0 or -errno.
 */
int kidos_alert_rings_add(struct kidos_alert_rings *rings, const struct kidos_alert_source *source);

#endif
