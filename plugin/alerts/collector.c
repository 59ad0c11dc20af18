/* SPDX-License-Identifier: MIT */
/*
 * collector.c: events become alerts, and alerts become notifications. States
 * and limits are behind one lock, which is held briefly. A thread of its own
 * hands updates to collectd, which may take its time.
 */
#include "alerts/maps.h"
#include "alerts/notice.h"
#include "alerts/queue.h"
#include "alerts/rings.h"
#include "alerts/settings.h"
#include "collector.h"
#include "core/log.h"
#include "core/now.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define PATIENCE_S 1 /* with a receiver, at the end */

struct alerts {
	struct kidos_context *context;
	const struct kidos_alert_settings *settings;
	bool enabled;
	int maps[KIDOS_ALERT_MAPS];
	pthread_mutex_t lock; /* states, on */
	struct kidos_alert_states *states; /* NULL before the first start, as are the next two */
	bool on;
	struct kidos_alert_queue *queue;
	struct kidos_alert_rings *rings;
	struct kidos_thread sender;
	atomic_ullong sent, refused;
};

static void store(unsigned int index, const struct kidos_alert *alert, void *context)
{
	const struct alerts *alerts = context;

	kidos_map_write(alerts->maps[KIDOS_ALERT_MAP_STATE], index, alert);
}

static void take_event(void *self, const struct kidos_alert_event *event)
{
	struct alerts *alerts = self;

	pthread_mutex_lock(&alerts->lock);
	if (alerts->on) {
		kidos_alert_take(alerts->states, event);
		kidos_alert_each_changed(alerts->states, store, alerts);
	}
	pthread_mutex_unlock(&alerts->lock);
}

static void event_sink(void *self, const void *event)
{
	take_event(self, event);
}

static void expire(void *self)
{
	struct alerts *alerts = self;

	pthread_mutex_lock(&alerts->lock);
	kidos_alert_expire(alerts->states, kidos_now_ns(CLOCK_BOOTTIME));
	kidos_alert_each_changed(alerts->states, store, alerts);
	pthread_mutex_unlock(&alerts->lock);
}

static void source_sink(void *self, const void *source)
{
	struct alerts *alerts = self;
	int error = alerts->rings ? kidos_alert_rings_add(alerts->rings, source) : 0;

	if (error)
		kidos_log(LOG_WARNING, "alerts: a source of events: %s", strerror(-error));
}

static void *send_updates(void *self)
{
	struct alerts *alerts = self;
	struct kidos_alert_update update;
	struct kidos_notice notice;
	int error;

	while (kidos_alert_queue_take(alerts->queue, &update)) {
		kidos_notice_of(&update.alert, update.step, kidos_boot_ns(), &notice);
		kidos_sinks_give(&alerts->context->sinks[KIDOS_SINK_ALERT], &notice);
		error = alerts->context->notify(&notice);
		if (error && !atomic_load(&alerts->refused))
			kidos_log(LOG_NOTICE,
				  "alerts: no plugin takes notifications, such as exec");
		if (update.step != KIDOS_ALERT_ENDED)
			atomic_fetch_add(error ? &alerts->refused : &alerts->sent, 1);
	}
	return NULL;
}

static bool put(const struct kidos_alert *alert, enum kidos_alert_step step, void *context)
{
	const struct alerts *alerts = context;

	return kidos_alert_queue_put(alerts->queue, alert, step);
}

static int make_states(struct alerts *alerts)
{
	const struct kidos_alert_limits limits = {
		.cool_down_ns = alerts->settings->cool_down * 1000000000u,
		.rate = (unsigned int)alerts->settings->rate_limit,
	};
	uint64_t first_id;

	/* Never 0, which means none, and far from its wrap. */
	if (getrandom(&first_id, sizeof(first_id), 0) != sizeof(first_id))
		return -errno;
	first_id = first_id >> 1 | 1;
	alerts->states = kidos_alert_states_new(&limits, first_id, put, alerts);
	alerts->queue = kidos_alert_queue_new(KIDOS_ALERT_QUEUE);
	return alerts->states && alerts->queue ? 0 : -ENOMEM;
}

static int start_threads(struct alerts *alerts)
{
	const struct kidos_alert_rings_use use = { .take = take_event,
						   .tick = expire,
						   .self = alerts };
	int error = kidos_thread_start(&alerts->sender, "kidos alerts", send_updates, alerts);

	if (error)
		return error;
	alerts->rings = kidos_alert_rings_open(&use);
	return alerts->rings ? 0 : -errno;
}

static int open_alerts(struct alerts *alerts)
{
	int error = make_states(alerts);

	if (!error)
		error = kidos_map_set_create(&kidos_alert_map_set, alerts->maps, 0);
	if (!error)
		error = kidos_state_pin_set(&alerts->context->state, &kidos_alert_map_set,
					    alerts->maps);
	return error ? error : start_threads(alerts);
}

static void set_on(struct alerts *alerts, bool on)
{
	pthread_mutex_lock(&alerts->lock);
	alerts->on = on;
	pthread_mutex_unlock(&alerts->lock);
}

static int start(void *self)
{
	struct alerts *alerts = self;
	int error = alerts->states ? 0 : open_alerts(alerts);

	if (error)
		kidos_log(LOG_ERR, "alerts: %s", strerror(-error));
	else
		set_on(alerts, true);
	return error;
}

/* No event is taken from now on; what is active ends by its cool-down. */
static void stop(void *self)
{
	set_on(self, false);
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct alerts *alerts = self;

	status->state = alerts->on ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
}

/* sent + lost + suppressed + those in the queue = the sum of raised. */
static void poll_alerts(void *self, const struct kidos_poll *poll)
{
	struct alerts *alerts = self;
	struct kidos_alert_counts counts;

	if (!alerts->states)
		return;
	pthread_mutex_lock(&alerts->lock);
	kidos_alert_count(alerts->states, &counts);
	pthread_mutex_unlock(&alerts->lock);
	poll->output->instance = "alerts";
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++) {
		const char *kind = kidos_alert_kinds[i].name;

		kidos_send_derive(poll->output, "total_events", kind, counts.raised[i]);
		kidos_send_gauge(poll->output, "count", kind, counts.active[i]);
	}
	poll->output->instance = "self";
	kidos_send_derive(poll->output, "total_events", "alerts_sent", atomic_load(&alerts->sent));
	kidos_send_derive(poll->output, "total_events", "alerts_suppressed", counts.suppressed);
	kidos_send_derive(poll->output, "total_events", "alerts_lost",
			  counts.lost + atomic_load(&alerts->refused));
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct alerts *alerts = calloc(1, sizeof(*alerts));

	if (!alerts)
		return NULL;
	alerts->context = context;
	alerts->settings = settings;
	alerts->enabled = enabled;
	alerts->sender = (struct kidos_thread)KIDOS_NO_THREAD;
	for (int i = 0; i < KIDOS_ALERT_MAPS; i++)
		alerts->maps[i] = -1;
	pthread_mutex_init(&alerts->lock, NULL);
	if (!enabled)
		return alerts;
	context->alert_window_ns = alerts->settings->window * 1000000000u;
	kidos_sinks_add(&context->sinks[KIDOS_SINK_ALERT_EVENT], event_sink, alerts);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_ALERT_SOURCE], source_sink, alerts);
	return alerts;
}

/* Within 1.5 s, whatever a receiver of notifications does. */
static void close_alerts(void *self)
{
	struct alerts *alerts = self;

	kidos_alert_rings_close(alerts->rings);
	if (alerts->queue)
		kidos_alert_queue_close(alerts->queue);
	kidos_map_set_close(&kidos_alert_map_set, alerts->maps);
	if (!kidos_thread_stop(&alerts->sender, PATIENCE_S)) {
		/* The queue is still in the hands of the thread, so both stay. */
		kidos_log(LOG_WARNING,
			  "alerts: a plugin that takes notifications hangs; not waited for");
		return;
	}
	kidos_alert_states_free(alerts->states);
	kidos_alert_queue_free(alerts->queue);
	pthread_mutex_destroy(&alerts->lock);
	free(alerts);
}

static uint64_t least(const void *self)
{
	const struct alerts *alerts = self;

	return alerts->enabled ? KIDOS_ALERTS_BYTES : 0;
}

const struct kidos_collector kidos_alerts_collector = {
	.name = "alerts",
	.block = &kidos_alert_block,
	.serves = true,
	.create = create,
	.close = close_alerts,
	.least = least,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = poll_alerts,
};
