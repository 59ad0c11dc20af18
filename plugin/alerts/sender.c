/* SPDX-License-Identifier: MIT */
#include "alerts/sender.h"
#include "alerts/notice.h"
#include "alerts/queue.h"
#include "core/log.h"
#include "core/now.h"
#include "core/privacy.h"
#include "core/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_S 1 /* with receivers, at the end */
#define SECOND_NS 1000000000u
#define POLL_US 5000

struct kidos_alert_sender {
	const struct kidos_context *context;
	struct kidos_privacy privacy;
	struct kidos_alert_queue *queue;
	struct kidos_thread thread;
	pthread_mutex_t lock; /* counts, with the queue's; held briefly */
	struct kidos_alert_deliveries counts;
};

/* A start has left the queue. */
static void count_delivery(struct kidos_alert_sender *sender, int error)
{
	bool first;

	pthread_mutex_lock(&sender->lock);
	first = error && !sender->counts.refused;
	sender->counts.queued--;
	*(error ? &sender->counts.refused : &sender->counts.sent) += 1;
	pthread_mutex_unlock(&sender->lock);
	if (first)
		kidos_log(LOG_NOTICE, "alerts: no plugin takes notifications, such as exec");
}

static void *send_updates(void *self)
{
	struct kidos_alert_sender *sender = self;
	struct kidos_alert_update update;
	struct kidos_notice notice;
	int error;

	while (kidos_alert_queue_take(sender->queue, &update)) {
		struct kidos_notice_capture capture = {};

		kidos_notice_of(&update.alert, update.step, kidos_boot_ns(), &sender->privacy,
				&notice);
		notice.capture = &capture;
		kidos_sinks_give(&sender->context->sinks[KIDOS_SINK_ALERT], &notice);
		kidos_notice_add_capture(&update.alert, &notice);
		if (sender->privacy.raw & KIDOS_RAW_EXEC)
			kidos_notice_unhide(&notice);
		error = sender->context->notify(&notice);
		if (update.step != KIDOS_ALERT_ENDED)
			count_delivery(sender, error);
	}
	return NULL;
}

bool kidos_alert_sender_put(const struct kidos_alert *alert, enum kidos_alert_step step, void *self)
{
	struct kidos_alert_sender *sender = self;
	bool taken;

	pthread_mutex_lock(&sender->lock);
	taken = kidos_alert_queue_put(sender->queue, alert, step);
	sender->counts.queued += taken && step != KIDOS_ALERT_ENDED;
	pthread_mutex_unlock(&sender->lock);
	return taken;
}

void kidos_alert_sender_count(struct kidos_alert_sender *sender,
			      struct kidos_alert_deliveries *counts)
{
	pthread_mutex_lock(&sender->lock);
	*counts = sender->counts;
	pthread_mutex_unlock(&sender->lock);
}

static void sender_free(struct kidos_alert_sender *sender)
{
	kidos_alert_queue_free(sender->queue);
	pthread_mutex_destroy(&sender->lock);
	free(sender);
}

struct kidos_alert_sender *kidos_alert_sender_open(const struct kidos_context *context)
{
	struct kidos_alert_sender *sender = calloc(1, sizeof(*sender));
	int error = -ENOMEM;

	if (!sender)
		return NULL;
	sender->context = context;
	sender->privacy = kidos_privacy_of(context->config);
	sender->thread = (struct kidos_thread)KIDOS_NO_THREAD;
	pthread_mutex_init(&sender->lock, NULL);
	sender->queue = kidos_alert_queue_new(KIDOS_ALERT_QUEUE);
	if (sender->queue)
		error = kidos_thread_start(&sender->thread, "kidos alerts", send_updates, sender);
	if (!error)
		return sender;
	kidos_thread_stop(&sender->thread, 0);
	sender_free(sender);
	errno = -error;
	return NULL;
}

/* Of this process: /proc/self/task has a link for each, and two of its own. */
static nlink_t count_threads(void)
{
	struct stat task;

	return stat("/proc/self/task", &task) ? 0 : task.st_nlink;
}

/* exec hands a notification to a thread of its own, which ends with the script. */
static void await_receivers(nlink_t threads, uint64_t until_ns)
{
	while (count_threads() > threads && kidos_now_ns(CLOCK_MONOTONIC) < until_ns)
		usleep(POLL_US);
}

void kidos_alert_sender_close(struct kidos_alert_sender *sender)
{
	uint64_t until_ns = kidos_now_ns(CLOCK_MONOTONIC) + PATIENCE_S * SECOND_NS;
	nlink_t others = count_threads() - 1;

	if (!sender)
		return;
	/* A little earlier, so that the thread is in no receiver but one that hangs. */
	kidos_alert_queue_close(sender->queue, until_ns - SECOND_NS / 4);
	if (kidos_thread_stop(&sender->thread, PATIENCE_S)) {
		await_receivers(others, until_ns);
		sender_free(sender);
	} else { /* The thread still uses it. */
		kidos_log(LOG_WARNING,
			  "alerts: a plugin that takes notifications hangs; not waited for");
	}
}
