/* SPDX-License-Identifier: MIT */
/*
 * queue.h: updates of alerts on their way to collectd. Putting never waits,
 * taking may. The first update of an alert books the room for its end, so
 * that an end always fits.
 */
#ifndef KIDOS_ALERTS_QUEUE_H
#define KIDOS_ALERTS_QUEUE_H

#include "alerts/states.h"

struct kidos_alert_queue;

struct kidos_alert_update {
	enum kidos_alert_step step;
	struct kidos_alert alert;
};

#define KIDOS_ALERT_QUEUE 256 /* updates */

/* Bytes of states, their map, and the queue. */
#define KIDOS_ALERTS_BYTES                                               \
	(KIDOS_ALERT_QUEUE * sizeof(struct kidos_alert_update) +         \
	 2ull * KIDOS_ALERTS_KEPT * sizeof(struct kidos_alert) +         \
	 KIDOS_ALERT_KEYS * (sizeof(struct kidos_alert_event) + 32ull) + \
	 KIDOS_RATE_LIMIT_MAX * 8ull)

/* NULL without memory. room: at least 2. */
struct kidos_alert_queue *kidos_alert_queue_new(unsigned int room);
/* Whoever takes must have ended. Accepts NULL. */
void kidos_alert_queue_free(struct kidos_alert_queue *queue);

/* False if it does not fit; never waits. */
bool kidos_alert_queue_put(struct kidos_alert_queue *queue, const struct kidos_alert *alert,
			   enum kidos_alert_step step);

/* Waits for an update; false once the queue is closed and empty, or its time is over. */
bool kidos_alert_queue_take(struct kidos_alert_queue *queue, struct kidos_alert_update *update);

/*
 * Nothing more is put. What is in the queue can be taken until then, by
 * CLOCK_MONOTONIC; 0: it is not taken any more.
 */
void kidos_alert_queue_close(struct kidos_alert_queue *queue, uint64_t until_ns);

#endif
