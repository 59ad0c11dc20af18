/* SPDX-License-Identifier: MIT */
#include "alerts/queue.h"
#include "core/now.h"

#include <pthread.h>
#include <stdlib.h>

struct kidos_alert_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool closed;
	uint64_t until_ns; /* the end of takes, once closed */
	unsigned int room, first, count;
	unsigned int booked; /* places kept for ends */
	struct kidos_alert_update updates[];
};

struct kidos_alert_queue *kidos_alert_queue_new(unsigned int room)
{
	struct kidos_alert_queue *queue =
		calloc(1, sizeof(*queue) + room * sizeof(queue->updates[0]));

	if (!queue)
		return NULL;
	queue->room = room;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->filled, NULL);
	return queue;
}

void kidos_alert_queue_free(struct kidos_alert_queue *queue)
{
	if (!queue)
		return;
	pthread_cond_destroy(&queue->filled);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

/* Books or gives back the place of the end. */
static bool admit(struct kidos_alert_queue *queue, enum kidos_alert_step step)
{
	unsigned int taken = queue->count + queue->booked;

	switch (step) {
	case KIDOS_ALERT_STARTED:
		if (taken + 2 > queue->room)
			return false;
		queue->booked++;
		return true;
	case KIDOS_ALERT_ADDED:
		return taken + 1 <= queue->room;
	case KIDOS_ALERT_ENDED:
		queue->booked--;
		return true;
	}
	return false;
}

bool kidos_alert_queue_put(struct kidos_alert_queue *queue, const struct kidos_alert *alert,
			   enum kidos_alert_step step)
{
	bool admitted;

	pthread_mutex_lock(&queue->lock);
	admitted = !queue->closed && admit(queue, step);
	if (admitted) {
		queue->updates[(queue->first + queue->count++) % queue->room] =
			(struct kidos_alert_update){ .step = step, .alert = *alert };
		pthread_cond_signal(&queue->filled);
	}
	pthread_mutex_unlock(&queue->lock);
	return admitted;
}

static bool may_take(const struct kidos_alert_queue *queue)
{
	return !queue->closed || kidos_now_ns(CLOCK_MONOTONIC) < queue->until_ns;
}

bool kidos_alert_queue_take(struct kidos_alert_queue *queue, struct kidos_alert_update *update)
{
	bool found;

	pthread_mutex_lock(&queue->lock);
	while (!queue->count && !queue->closed)
		pthread_cond_wait(&queue->filled, &queue->lock);
	found = queue->count && may_take(queue);
	if (found) {
		*update = queue->updates[queue->first];
		queue->first = (queue->first + 1) % queue->room;
		queue->count--;
	}
	pthread_mutex_unlock(&queue->lock);
	return found;
}

void kidos_alert_queue_close(struct kidos_alert_queue *queue, uint64_t until_ns)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	queue->until_ns = until_ns;
	pthread_cond_broadcast(&queue->filled);
	pthread_mutex_unlock(&queue->lock);
}
