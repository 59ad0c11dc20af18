/* SPDX-License-Identifier: MIT */
/*
 * queue.h: news on their way from the rules to collectd. Whoever puts
 * never waits; whoever takes may. With an episode's first news the room for
 * its end is booked, so that an end always fits.
 */
#ifndef KIDOS_ALERTS_QUEUE_H
#define KIDOS_ALERTS_QUEUE_H

#include "alerts/episodes.h"

struct kidos_alert_queue;

struct kidos_news {
	enum kidos_alert_step step;
	struct kidos_episode episode;
};

#define KIDOS_ALERT_QUEUE 256 /* news, the plugin's queue */

/* Bytes of states, their map, and the queue. */
#define KIDOS_ALERTS_BYTES                                      \
	(KIDOS_ALERT_QUEUE * sizeof(struct kidos_news) +        \
	 2ull * KIDOS_EPISODES * sizeof(struct kidos_episode) + \
	 KIDOS_ALERT_KEYS * (KIDOS_ALERT_SUBJECT + 16ull) + KIDOS_RATE_LIMIT_MAX * 8ull)

/* NULL without memory. room: at least 2. */
struct kidos_alert_queue *kidos_alert_queue_new(unsigned int room);
/* Whoever takes must have ended. Accepts NULL. */
void kidos_alert_queue_free(struct kidos_alert_queue *queue);

/* False if it does not fit; never waits. */
bool kidos_alert_queue_put(struct kidos_alert_queue *queue, const struct kidos_episode *episode,
			   enum kidos_alert_step step);

/* Waits for news; false once the queue is closed. */
bool kidos_alert_queue_take(struct kidos_alert_queue *queue, struct kidos_news *news);

/* Ends kidos_alert_queue_take at once; what is still in the queue stays untold. */
void kidos_alert_queue_close(struct kidos_alert_queue *queue);

#endif
