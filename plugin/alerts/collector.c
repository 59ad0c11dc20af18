/* SPDX-License-Identifier: MIT */
/*
 * collector.c: events become alerts, and alerts become notifications. States
 * and limits are behind one lock, which is held briefly.
 */
#include "alerts/maps.h"
#include "alerts/queue.h"
#include "alerts/rings.h"
#include "alerts/rules.h"
#include "alerts/sender.h"
#include "alerts/settings.h"
#include "collector.h"
#include "core/log.h"
#include "core/now.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct alerts {
	struct kidos_context *context;
	const struct kidos_alert_settings *settings;
	bool enabled;
	int maps[KIDOS_ALERT_MAPS];
	pthread_mutex_t lock; /* states, on */
	struct kidos_alert_states *states; /* NULL before the first start, as are the next two */
	bool on;
	struct kidos_alert_sender *sender;
	struct kidos_alert_rings *rings;
	struct kidos_exempts exempts;
	struct kidos_alert_rules *rules; /* the context's lock */
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
	if (alerts->on && !kidos_exempts_event(&alerts->exempts, event)) {
		kidos_alert_take(alerts->states, event);
		kidos_alert_each_changed(alerts->states, store, alerts);
	}
	pthread_mutex_unlock(&alerts->lock);
}

static void event_sink(void *self, const void *event)
{
	take_event(self, event);
}

/* now: kidos time units, of the scan that begins. */
static void scan_sink(void *self, const void *now)
{
	struct alerts *alerts = self;

	if (alerts->rules && alerts->on)
		kidos_alert_rules_begin(alerts->rules, *(const uint32_t *)now);
}

static void seen_sink(void *self, const void *seen)
{
	struct alerts *alerts = self;

	if (alerts->rules && alerts->on)
		kidos_alert_rules_see(alerts->rules, seen);
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

static int make_states(struct alerts *alerts)
{
	const struct kidos_alert_limits limits = {
		.cool_down_ns = alerts->settings->cool_down * 1000000000u,
		.interval_ns = alerts->context->meta.interval_ns,
		.window_ns = alerts->settings->window * 1000000000u,
		.rate = (unsigned int)alerts->settings->rate_limit,
	};
	uint64_t first_id;

	/* Never 0, which means none, and far from its wrap. */
	if (getrandom(&first_id, sizeof(first_id), 0) != sizeof(first_id))
		return -errno;
	first_id = first_id >> 1 | 1;
	if (!alerts->sender)
		alerts->sender = kidos_alert_sender_open(alerts->context);
	if (!alerts->sender)
		return -errno;
	alerts->states =
		kidos_alert_states_new(&limits, first_id, kidos_alert_sender_put, alerts->sender);
	return alerts->states ? 0 : -ENOMEM;
}

static int open_rings(struct alerts *alerts)
{
	const struct kidos_alert_rings_use use = { .take = take_event,
						   .tick = expire,
						   .self = alerts };

	alerts->rings = kidos_alert_rings_open(&use);
	return alerts->rings ? 0 : -errno;
}

static int make_rules(struct alerts *alerts)
{
	alerts->rules = kidos_alert_rules_new(alerts->context, alerts->settings, &alerts->exempts);
	return alerts->rules ? 0 : -ENOMEM;
}

static int open_alerts(struct alerts *alerts)
{
	int error = make_states(alerts);

	if (!error)
		error = make_rules(alerts);
	if (!error)
		error = kidos_map_set_create(&kidos_alert_map_set, alerts->maps, 0);
	if (!error)
		error = kidos_state_pin_set(&alerts->context->state, &kidos_alert_map_set,
					    alerts->maps);
	return error ? error : open_rings(alerts);
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

static void send_self(const struct kidos_alert_counts *counts,
		      const struct kidos_alert_deliveries *deliveries, uint64_t unjudged,
		      struct kidos_output *output)
{
	output->instance = "self";
	kidos_send_derive(output, "total_events", "alerts_sent", deliveries->sent);
	kidos_send_derive(output, "total_events", "alerts_suppressed", counts->suppressed);
	kidos_send_derive(output, "total_events", "alerts_lost",
			  counts->lost + deliveries->refused);
	kidos_send_gauge(output, "objects", "alerts_pending",
			 (double)(counts->pending + deliveries->queued));
	kidos_send_derive(output, "total_events", "unjudged", unjudged);
}

/* Of one moment: sent + lost + suppressed + pending = the sum of raised. */
static void poll_alerts(void *self, const struct kidos_poll *poll)
{
	struct alerts *alerts = self;
	struct kidos_alert_deliveries deliveries;
	struct kidos_alert_counts counts;

	if (!alerts->states)
		return;
	kidos_alert_rules_poll(alerts->rules, poll, alerts->on);
	pthread_mutex_lock(&alerts->lock);
	kidos_alert_count(alerts->states, &counts);
	kidos_alert_sender_count(alerts->sender, &deliveries);
	pthread_mutex_unlock(&alerts->lock);
	poll->output->instance = "alerts";
	for (unsigned int i = 0; i < KIDOS_ALERT_KINDS; i++) {
		const char *kind = kidos_alert_kinds[i].name;

		kidos_send_derive(poll->output, "total_events", kind, counts.raised[i]);
		kidos_send_gauge(poll->output, "objects", kind, counts.active[i]);
	}
	send_self(&counts, &deliveries, kidos_alert_rules_unjudged(alerts->rules), poll->output);
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct alerts *alerts = calloc(1, sizeof(*alerts));

	if (!alerts)
		return NULL;
	alerts->context = context;
	alerts->settings = settings;
	alerts->enabled = enabled;
	for (int i = 0; i < KIDOS_ALERT_MAPS; i++)
		alerts->maps[i] = -1;
	pthread_mutex_init(&alerts->lock, NULL);
	if (!enabled) {
		kidos_log(LOG_INFO, "alerts are off: they take a block <Alerts> with Enabled true");
		return alerts;
	}
	context->alert_window_ns = alerts->settings->window * 1000000000u;
	kidos_sinks_add(&context->sinks[KIDOS_SINK_ALERT_EVENT], event_sink, alerts);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_ALERT_SOURCE], source_sink, alerts);
	kidos_exempts_read(&alerts->exempts, &alerts->settings->exempt);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_SCAN], scan_sink, alerts);
	kidos_sinks_add(&context->sinks[KIDOS_SINK_SEEN], seen_sink, alerts);
	return alerts;
}

/* Who was sent a start is sent its end. */
static void end_all(struct alerts *alerts)
{
	pthread_mutex_lock(&alerts->lock);
	alerts->on = false;
	if (alerts->states)
		kidos_alert_end_all(alerts->states, kidos_now_ns(CLOCK_BOOTTIME));
	pthread_mutex_unlock(&alerts->lock);
}

static void close_alerts(void *self)
{
	struct alerts *alerts = self;

	kidos_alert_rings_close(alerts->rings);
	end_all(alerts);
	kidos_alert_sender_close(alerts->sender);
	kidos_alert_rules_free(alerts->rules);
	kidos_map_set_close(&kidos_alert_map_set, alerts->maps);
	kidos_alert_states_free(alerts->states);
	pthread_mutex_destroy(&alerts->lock);
	free(alerts);
}

static uint64_t least(const void *self)
{
	const struct alerts *alerts = self;

	return alerts->enabled
		       ? KIDOS_ALERTS_BYTES + kidos_alert_rules_bytes(alerts->settings,
								      alerts->context->meta.slots)
		       : 0;
}

static const char *const instances[] = { "quota", NULL };

const struct kidos_collector kidos_alerts_collector = {
	.name = "alerts",
	.instances = instances,
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
