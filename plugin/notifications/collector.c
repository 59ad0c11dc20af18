/* SPDX-License-Identifier: MIT */
/* collector.c: notifications of other plugins start what the configuration says. */
#include "collector.h"
#include "core/log.h"
#include "core/text.h"
#include "notifications/rules.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct notifications {
	struct kidos_context *context;
	const struct kidos_notification_rule *rules;
	size_t count;
	atomic_bool on;
	_Atomic uint64_t matched; /* notifications that a rule took */
};

/* Who does what a rule wants; of `log` it is this collector. */
static const enum kidos_sink_kind sinks[] = {
	[KIDOS_NOTIFICATION_CAPTURE] = KIDOS_SINK_WANT_CAPTURE,
	[KIDOS_NOTIFICATION_POLICY_LOG] = KIDOS_SINK_WANT_POLICY_LOG,
};

#define TEXT 256

static void write_log(const struct kidos_notification *notification)
{
	char plugin[TEXT], instance[TEXT], type[TEXT], message[2 * TEXT];

	kidos_text_escape(notification->plugin, plugin, sizeof(plugin));
	kidos_text_escape(notification->plugin_instance, instance, sizeof(instance));
	kidos_text_escape(notification->type, type, sizeof(type));
	kidos_text_escape(notification->message, message, sizeof(message));
	kidos_log(LOG_NOTICE, "notification: %s of %s%s%s, %s: %s",
		  kidos_severity_names[notification->severity], plugin, *instance ? "-" : "",
		  instance, type, message);
}

static void act(const struct notifications *notifications,
		const struct kidos_notification_rule *rule,
		const struct kidos_notification *notification)
{
	if (rule->action == KIDOS_NOTIFICATION_LOG)
		write_log(notification);
	else
		kidos_sinks_give(&notifications->context->sinks[sinks[rule->action]], notification);
}

static void hear(void *self, const void *thing)
{
	struct notifications *notifications = self;
	bool matched = false;

	if (!notifications->on)
		return;
	for (size_t i = 0; i < notifications->count; i++)
		if (kidos_notification_matches(&notifications->rules[i], thing)) {
			act(notifications, &notifications->rules[i], thing);
			matched = true;
		}
	notifications->matched += matched;
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct notifications *notifications = calloc(1, sizeof(*notifications));

	if (!notifications)
		return NULL;
	notifications->context = context;
	notifications->rules = settings;
	notifications->count = kidos_config_opened(context->config, &kidos_notification_block);
	if (enabled)
		kidos_sinks_add(&context->sinks[KIDOS_SINK_NOTIFICATION], hear, notifications);
	return notifications;
}

/* An action that no collector takes is a wrong option, not one that does nothing. */
static int check(const void *self)
{
	const struct notifications *notifications = self;
	int error = 0;

	for (size_t i = 0; i < notifications->count; i++) {
		const struct kidos_notification_rule *rule = &notifications->rules[i];

		if (!rule->enabled || rule->action == KIDOS_NOTIFICATION_LOG ||
		    notifications->context->sinks[sinks[rule->action]].count)
			continue;
		kidos_log(LOG_ERR,
			  "Plugin kidos / OnNotification / Do \"%s\": there is nobody who does it: "
			  "the collector is not enabled, or not in this version",
			  kidos_notification_actions[rule->action]);
		error = -1;
	}
	return error;
}

static uint64_t least(const void *self)
{
	(void)self;
	return sizeof(struct notifications);
}

static int start(void *self)
{
	((struct notifications *)self)->on = true;
	return 0;
}

static void stop(void *self)
{
	((struct notifications *)self)->on = false;
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct notifications *notifications = self;

	status->state = notifications->on ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
	snprintf(status->reason, sizeof(status->reason), "%zu rules", notifications->count);
}

static void poll(void *self, const struct kidos_poll *poll)
{
	struct notifications *notifications = self;

	poll->output->instance = "self";
	kidos_send_derive(poll->output, "total_events", "notifications", notifications->matched);
}

const struct kidos_collector kidos_notifications_collector = {
	.name = "notifications",
	.block = &kidos_notification_block,
	.serves = true,
	.create = create,
	.close = free,
	.check = check,
	.least = least,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = poll,
};
