/* SPDX-License-Identifier: MIT */
/*
 * sender.h: a thread that hands updates of alerts to whoever takes them, which
 * may take its time. Counts what became of starts.
 */
#ifndef KIDOS_ALERTS_SENDER_H
#define KIDOS_ALERTS_SENDER_H

#include "alerts/states.h"
#include "context.h"

struct kidos_alert_sender;

/* Starts the thread; updates go to the sink KIDOS_SINK_ALERT and to notify. NULL with errno. */
struct kidos_alert_sender *kidos_alert_sender_open(const struct kidos_context *context);

/*
 * Sends what was put, as far as a second allows; then within 0.5 s, whatever a
 * receiver does. Accepts NULL.
 */
void kidos_alert_sender_close(struct kidos_alert_sender *sender);

/* A kidos_alert_send: never waits. */
bool kidos_alert_sender_put(const struct kidos_alert *alert, enum kidos_alert_step step,
			    void *sender);

/* Starts that were put: each is in one of the three at any moment. */
struct kidos_alert_deliveries {
	uint64_t queued, sent, refused;
};
void kidos_alert_sender_count(struct kidos_alert_sender *sender,
			      struct kidos_alert_deliveries *counts);

#endif
