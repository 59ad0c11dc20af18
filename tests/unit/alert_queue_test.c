/* SPDX-License-Identifier: MIT */
/* The queue between who raises alerts and who sends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "alerts/queue.h"
#include "alert_event.h"
#include "core/now.h"

/* The end of what was told always fits, however full the queue is. */
static void test_queue_keeps_room(void **state)
{
	struct kidos_alert_queue *queue = kidos_alert_queue_new(4);
	struct kidos_alert alert = { .id = 1 };
	struct kidos_alert_update update;

	(void)state;
	assert_true(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_STARTED));
	assert_true(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_STARTED));
	assert_false(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_STARTED));
	assert_false(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_ADDED));
	assert_true(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_ENDED));
	assert_true(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_ENDED));
	for (int i = 0; i < 4; i++) {
		assert_true(kidos_alert_queue_take(queue, &update));
		assert_int_equal(update.step, i < 2 ? KIDOS_ALERT_STARTED : KIDOS_ALERT_ENDED);
	}
	assert_true(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_STARTED));
	kidos_alert_queue_close(queue, 0);
	assert_false(kidos_alert_queue_take(queue, &update));
	kidos_alert_queue_free(queue);
}

/* What was put before is taken after it, in time; nothing is put any more. */
static void test_queue_closes(void **state)
{
	const uint64_t now_ns = kidos_now_ns(CLOCK_MONOTONIC);

	(void)state;
	for (int late = 0; late < 2; late++) {
		struct kidos_alert_queue *queue = kidos_alert_queue_new(8);
		struct kidos_alert alert = { .id = 1 };
		struct kidos_alert_update update;

		assert_true(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_STARTED));
		assert_true(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_ENDED));
		kidos_alert_queue_close(queue, late ? now_ns - 1 : now_ns + 3600 * SECOND);
		assert_false(kidos_alert_queue_put(queue, &alert, KIDOS_ALERT_STARTED));
		for (int i = 0; i < 2; i++)
			assert_int_equal(kidos_alert_queue_take(queue, &update), !late);
		assert_false(kidos_alert_queue_take(queue, &update));
		kidos_alert_queue_free(queue);
	}
}

struct receiver {
	struct kidos_alert_queue *queue;
	uint64_t delivered, ended;
};

/* Until an update of no alert. */
static void *receive(void *context)
{
	struct receiver *receiver = context;
	struct kidos_alert_update update;

	while (kidos_alert_queue_take(receiver->queue, &update) && update.alert.id)
		if (update.step == KIDOS_ALERT_ENDED)
			receiver->ended++;
		else
			receiver->delivered++;
	return NULL;
}

static bool put(const struct kidos_alert *alert, enum kidos_alert_step step, void *context)
{
	return kidos_alert_queue_put(context, alert, step);
}

#define MILLION 1000000u

/* Ten a second of two kinds, each a key of its own. */
static void take_many(struct kidos_alert_states *states, unsigned int from, unsigned int to)
{
	struct kidos_alert_event event;
	char subject[16];

	for (unsigned int i = from; i < to; i++) {
		snprintf(subject, sizeof(subject), "%u", i % 97);
		event = alert_at(0, i % 2 ? KIDOS_ALERT_NEW_DROP_REASON : KIDOS_ALERT_DROP_SHARE,
				 "drops", subject);
		event.time_ns = i * (SECOND / 10);
		kidos_alert_expire(states, event.time_ns);
		kidos_alert_take(states, &event);
	}
}

/* A million starts, at first nobody who receives them: none is unaccounted for. */
static void test_million(void **state)
{
	const struct kidos_alert_limits limits = { .cool_down_ns = 1000, .rate = 3 };
	struct receiver receiver = { .queue = kidos_alert_queue_new(8) };
	struct kidos_alert_states *states =
		kidos_alert_states_new(&limits, FIRST_ID, put, receiver.queue);
	struct kidos_alert_counts counts;
	pthread_t thread;

	(void)state;
	take_many(states, 0, 1000);
	assert_int_equal(pthread_create(&thread, NULL, receive, &receiver), 0);
	take_many(states, 1000, MILLION);
	kidos_alert_expire(states, UINT64_MAX);
	while (!kidos_alert_queue_put(receiver.queue, &(struct kidos_alert){}, KIDOS_ALERT_ADDED))
		sched_yield();
	pthread_join(thread, NULL);
	kidos_alert_count(states, &counts);
	assert_int_equal(counts.raised[0] + counts.raised[1], MILLION);
	assert_int_equal(receiver.delivered + counts.lost + counts.suppressed, MILLION);
	assert_int_equal(counts.active[0] + counts.active[1], 0);
	/* Each is an alert of its own, so each that was told has an end. */
	assert_int_equal(receiver.ended, receiver.delivered);
	assert_true(counts.lost > 0 && counts.suppressed > 0 && receiver.delivered > 0);
	kidos_alert_queue_free(receiver.queue);
	kidos_alert_states_free(states);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "alerts: the queue keeps room for ends", test_queue_keeps_room, NULL, NULL,
		  NULL },
		{ "alerts: a closed queue is emptied in time", test_queue_closes, NULL, NULL,
		  NULL },
		{ "alerts: a million, all accounted for", test_million, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
