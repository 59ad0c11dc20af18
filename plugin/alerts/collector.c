/* SPDX-License-Identifier: MIT */
#include "alerts/collector.h"
#include "alerts/queue.h"
#include "core/log.h"
#include "core/now.h"
#include "drops/collector.h"
#include "state/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 250
#define PATIENCE_S 1 /* with a receiver, at the end */

struct kidos_alerts {
	struct kidos_engine *engine;
	kidos_notify notify;
	pthread_mutex_t lock; /* states, on */
	struct kidos_alert_states *states;
	bool on;
	struct kidos_alert_queue *queue;
	struct kidos_ring *ring;
	atomic_ullong sent, refused;
	atomic_bool malformed; /* said so in the log */
	pthread_t reader, teller;
	bool reading, telling;
	int epoll, stop;
};

static void store_episode(unsigned int index, const struct kidos_episode *episode, void *context)
{
	const struct kidos_alerts *alerts = context;

	kidos_control_write(&alerts->engine->control, KIDOS_CONTROL_ALERTS, index, episode);
}

static void take(struct kidos_alerts *alerts, const struct kidos_alert *alert)
{
	pthread_mutex_lock(&alerts->lock);
	if (alerts->on) {
		kidos_alert_take(alerts->states, alert);
		kidos_alert_each_changed(alerts->states, store_episode, alerts);
	}
	pthread_mutex_unlock(&alerts->lock);
}

static void take_drop(struct kidos_alerts *alerts, const struct kidos_alert_record *record)
{
	struct kidos_alert alert;
	char reason[KIDOS_ALERT_SUBJECT];

	if (!kidos_drops_unusual(alerts->engine, &record->drop, reason, sizeof(reason)))
		return;
	kidos_alert_of_drop(&record->drop, reason, &alert);
	take(alerts, &alert);
}

static void take_record(const void *data, size_t size, void *context)
{
	struct kidos_alerts *alerts = context;
	struct kidos_alert_record record;
	enum kidos_alert_kind kind;

	if (kidos_alert_kind_of(data, size, &kind)) {
		if (!atomic_exchange(&alerts->malformed, true))
			kidos_log(LOG_WARNING, "alerts: a record that this version does not know");
		return;
	}
	memcpy(&record, data, sizeof(record));
	if (kind == KIDOS_ALERT_NEW_DROP_REASON)
		take_drop(alerts, &record);
}

static void expire(struct kidos_alerts *alerts)
{
	pthread_mutex_lock(&alerts->lock);
	kidos_alert_expire(alerts->states, kidos_now_ns(CLOCK_BOOTTIME));
	kidos_alert_each_changed(alerts->states, store_episode, alerts);
	pthread_mutex_unlock(&alerts->lock);
}

static void *read_ring(void *context)
{
	struct kidos_alerts *alerts = context;
	struct epoll_event event;
	int ready;

	for (;;) {
		ready = epoll_wait(alerts->epoll, &event, 1, TICK_MS);
		if (ready > 0 && event.data.fd == alerts->stop)
			return NULL;
		if (ready > 0)
			kidos_ring_consume(alerts->ring);
		expire(alerts);
	}
}

static void *tell(void *context)
{
	struct kidos_alerts *alerts = context;
	struct kidos_notice notice;
	struct kidos_news news;
	int error;

	while (kidos_alert_queue_take(alerts->queue, &news)) {
		kidos_notice_of(&news.episode, news.step, kidos_boot_ns(), &notice);
		error = alerts->notify(&notice);
		if (error && !atomic_load(&alerts->refused))
			kidos_log(LOG_NOTICE,
				  "alerts: no plugin takes notifications, such as exec");
		if (news.step != KIDOS_ALERT_ENDED)
			atomic_fetch_add(error ? &alerts->refused : &alerts->sent, 1);
	}
	return NULL;
}

static bool put(const struct kidos_episode *episode, enum kidos_alert_step step, void *context)
{
	const struct kidos_alerts *alerts = context;

	return kidos_alert_queue_put(alerts->queue, episode, step);
}

static int watch(const struct kidos_alerts *alerts, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(alerts->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int make(struct kidos_alerts *alerts)
{
	const struct kidos_config *config = alerts->engine->config;
	const struct kidos_alert_limits limits = {
		.cool_down_ns = config->alert_cool_down * 1000000000u,
		.rate = (unsigned int)config->alert_rate_limit,
	};
	uint64_t first_id;

	/* Never 0, which means none, and far from its wrap. */
	if (getrandom(&first_id, sizeof(first_id), 0) != sizeof(first_id))
		return -errno;
	first_id = first_id >> 1 | 1;
	alerts->states = kidos_alert_states_new(&limits, first_id, put, alerts);
	alerts->queue = kidos_alert_queue_new(KIDOS_ALERT_QUEUE);
	alerts->epoll = epoll_create1(EPOLL_CLOEXEC);
	alerts->stop = eventfd(0, EFD_CLOEXEC);
	if (!alerts->states || !alerts->queue)
		return -ENOMEM;
	if (alerts->epoll < 0 || alerts->stop < 0)
		return -errno;
	return watch(alerts, alerts->stop);
}

static int start_threads(struct kidos_alerts *alerts)
{
	int error = -pthread_create(&alerts->reader, NULL, read_ring, alerts);

	if (error)
		return error;
	alerts->reading = true;
	pthread_setname_np(alerts->reader, "kidos ring");
	error = -pthread_create(&alerts->teller, NULL, tell, alerts);
	alerts->telling = !error;
	if (!error)
		pthread_setname_np(alerts->teller, "kidos alerts");
	return error;
}

int kidos_alerts_start(struct kidos_engine *engine, kidos_notify notify)
{
	struct kidos_alerts *alerts;
	int error;

	if (!engine->config->alerts_block || !engine->config->alerts_enabled)
		return 0;
	alerts = calloc(1, sizeof(*alerts));
	if (!alerts)
		return -ENOMEM;
	alerts->engine = engine;
	alerts->notify = notify;
	alerts->on = true;
	alerts->epoll = alerts->stop = -1;
	pthread_mutex_init(&alerts->lock, NULL);
	engine->alerts = alerts;
	error = make(alerts);
	if (!error)
		error = start_threads(alerts);
	if (error)
		kidos_log(LOG_ERR, "alerts: %s", strerror(-error));
	return error;
}

/* True when nothing uses alerts any more. A receiver that hangs keeps the thread, not us. */
static bool join(struct kidos_alerts *alerts)
{
	const uint64_t one = 1;
	struct timespec end;
	bool joined = true;

	if (alerts->reading) {
		if (write(alerts->stop, &one, sizeof(one)) < 0)
			kidos_log(LOG_ERR, "wake the alert thread: %s", strerror(errno));
		pthread_join(alerts->reader, NULL);
	}
	if (alerts->queue)
		kidos_alert_queue_close(alerts->queue);
	if (alerts->telling) {
		clock_gettime(CLOCK_MONOTONIC, &end);
		end.tv_sec += PATIENCE_S;
		joined = !pthread_clockjoin_np(alerts->teller, NULL, CLOCK_MONOTONIC, &end);
	}
	return joined;
}

void kidos_alerts_stop(struct kidos_engine *engine)
{
	struct kidos_alerts *alerts = engine->alerts;
	bool joined;

	if (!alerts)
		return;
	joined = join(alerts);
	engine->alerts = NULL;
	kidos_ring_close(alerts->ring);
	kidos_alert_states_free(alerts->states);
	if (alerts->epoll >= 0)
		close(alerts->epoll);
	if (alerts->stop >= 0)
		close(alerts->stop);
	if (!joined) {
		/* The queue is still in the hands of the thread, so both stay. */
		kidos_log(LOG_WARNING,
			  "alerts: a plugin that takes notifications hangs; not waited for");
		return;
	}
	kidos_alert_queue_free(alerts->queue);
	pthread_mutex_destroy(&alerts->lock);
	free(alerts);
}

int kidos_alerts_join(struct kidos_engine *engine, int map)
{
	struct kidos_alerts *alerts = engine->alerts;

	if (!alerts || alerts->ring)
		return 0;
	alerts->ring = kidos_ring_open(map, take_record, alerts);
	return alerts->ring ? watch(alerts, kidos_ring_fd(alerts->ring)) : -errno;
}

void kidos_alerts_raise(struct kidos_engine *engine, const struct kidos_alert *alert)
{
	if (engine->alerts)
		take(engine->alerts, alert);
}

void kidos_alerts_switch(struct kidos_engine *engine, bool on)
{
	if (!engine->alerts)
		return;
	pthread_mutex_lock(&engine->alerts->lock);
	engine->alerts->on = on;
	pthread_mutex_unlock(&engine->alerts->lock);
}

void kidos_alerts_totals(struct kidos_engine *engine, struct kidos_alert_totals *totals)
{
	struct kidos_alerts *alerts = engine->alerts;

	*totals = (struct kidos_alert_totals){};
	if (!alerts)
		return;
	pthread_mutex_lock(&alerts->lock);
	kidos_alert_count(alerts->states, &totals->counts);
	pthread_mutex_unlock(&alerts->lock);
	totals->sent = atomic_load(&alerts->sent);
	totals->lost = totals->counts.lost + atomic_load(&alerts->refused);
}
