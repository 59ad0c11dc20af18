/* SPDX-License-Identifier: MIT */
#include "eventlog/queue.h"
#include "core/now.h"

#include <pthread.h>
#include <stdlib.h>

#define GATHER_MS 20

struct kidos_log_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	bool closed;
	size_t wanted; /* by the taker that waits: with so many it is woken once more */
	uint64_t until_ns; /* the end of takes, once closed */
	size_t first, count, alerts;
	struct kidos_log_row rows[KIDOS_LOG_QUEUE];
};

static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct kidos_log_queue *kidos_log_queue_new(void)
{
	struct kidos_log_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	pthread_mutex_init(&queue->lock, NULL);
	init_condition(&queue->filled);
	init_condition(&queue->emptied);
	return queue;
}

void kidos_log_queue_free(struct kidos_log_queue *queue)
{
	if (!queue)
		return;
	for (size_t i = 0; i < queue->count; i++)
		free(queue->rows[(queue->first + i) % KIDOS_LOG_QUEUE].notice);
	pthread_cond_destroy(&queue->filled);
	pthread_cond_destroy(&queue->emptied);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

/* False when the time is over. */
static bool wait_until(struct kidos_log_queue *queue, pthread_cond_t *condition, uint64_t until_ns)
{
	const struct timespec until = { .tv_sec = (time_t)(until_ns / 1000000000u),
					.tv_nsec = (long)(until_ns % 1000000000u) };

	return !pthread_cond_timedwait(condition, &queue->lock, &until);
}

static void wait_for_room(struct kidos_log_queue *queue, unsigned int patience_ms)
{
	uint64_t until = kidos_now_ns(CLOCK_MONOTONIC) + patience_ms * 1000000ull;

	while (queue->count == KIDOS_LOG_QUEUE && !queue->closed &&
	       wait_until(queue, &queue->emptied, until))
		;
}

bool kidos_log_queue_put(struct kidos_log_queue *queue, const struct kidos_log_row *row,
			 unsigned int patience_ms)
{
	bool taken;

	pthread_mutex_lock(&queue->lock);
	if (patience_ms)
		wait_for_room(queue, patience_ms);
	taken = !queue->closed && queue->count < KIDOS_LOG_QUEUE &&
		(!row->notice || queue->alerts < KIDOS_LOG_ALERTS);
	if (taken) {
		queue->rows[(queue->first + queue->count++) % KIDOS_LOG_QUEUE] = *row;
		queue->alerts += !!row->notice;
		if (queue->count == 1 || queue->count == queue->wanted)
			pthread_cond_signal(&queue->filled);
	}
	pthread_mutex_unlock(&queue->lock);
	return taken;
}

static size_t take_some(struct kidos_log_queue *queue, struct kidos_log_row *rows, size_t room)
{
	size_t count = 0;

	for (; count < room && queue->count; count++) {
		rows[count] = queue->rows[queue->first];
		queue->alerts -= !!rows[count].notice;
		queue->first = (queue->first + 1) % KIDOS_LOG_QUEUE;
		queue->count--;
	}
	if (count)
		pthread_cond_broadcast(&queue->emptied);
	return count;
}

/* A window's rows come one after the other: to be woken and to write for each costs more than it.
 */
static void gather(struct kidos_log_queue *queue, size_t room)
{
	uint64_t until = kidos_now_ns(CLOCK_MONOTONIC) + GATHER_MS * 1000000ull;

	queue->wanted = room;
	while (queue->count && queue->count < room && !queue->closed &&
	       wait_until(queue, &queue->filled, until))
		;
}

int kidos_log_queue_take(struct kidos_log_queue *queue, struct kidos_log_row *rows, size_t room,
			 unsigned int timeout_ms)
{
	uint64_t until = kidos_now_ns(CLOCK_MONOTONIC) + timeout_ms * 1000000ull;
	size_t count;
	bool over;

	pthread_mutex_lock(&queue->lock);
	while (!queue->count && !queue->closed && wait_until(queue, &queue->filled, until))
		;
	gather(queue, room);
	over = queue->closed && (!queue->count || kidos_now_ns(CLOCK_MONOTONIC) >= queue->until_ns);
	count = over ? 0 : take_some(queue, rows, room);
	pthread_mutex_unlock(&queue->lock);
	return over ? -1 : (int)count;
}

void kidos_log_queue_close(struct kidos_log_queue *queue, uint64_t until_ns)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	queue->until_ns = until_ns;
	pthread_cond_broadcast(&queue->filled);
	pthread_cond_broadcast(&queue->emptied);
	pthread_mutex_unlock(&queue->lock);
}

size_t kidos_log_queue_count(struct kidos_log_queue *queue)
{
	size_t count;

	pthread_mutex_lock(&queue->lock);
	count = queue->count;
	pthread_mutex_unlock(&queue->lock);
	return count;
}
