/* SPDX-License-Identifier: MIT */
#include "collectd/notify.h"
#include "core/notification.h"

#include <collectd.h>

#include <plugin.h>
#include <stdio.h>
#include <string.h>

/* Each thread has its own: exec, for one, looks there for the interval. */
static plugin_ctx_t context;

void collectd_notify_as_here(void)
{
	context = plugin_get_ctx();
}

static int severity_of(enum kidos_severity severity)
{
	switch (severity) {
	case KIDOS_SEVERITY_FAILURE:
		return NOTIF_FAILURE;
	case KIDOS_SEVERITY_WARNING:
		return NOTIF_WARNING;
	default:
		return NOTIF_OKAY;
	}
}

static int add_meta(notification_t *to, const struct kidos_notice_row *row,
		    const union kidos_notice_value *value)
{
	switch (row->type) {
	case KIDOS_NOTICE_STRING:
		return plugin_notification_meta_add_string(to, row->name, value->text);
	case KIDOS_NOTICE_NUMBER:
		return plugin_notification_meta_add_unsigned_int(to, row->name, value->number);
	case KIDOS_NOTICE_REAL:
		return plugin_notification_meta_add_double(to, row->name, value->real);
	case KIDOS_NOTICE_BOOLEAN:
		return plugin_notification_meta_add_boolean(to, row->name, value->boolean);
	}
	return -1;
}

int collectd_notify(const struct kidos_notice *notice)
{
	notification_t notification = { .severity = severity_of(notice->severity),
					.time = NS_TO_CDTIME_T(notice->time_ns) };
	int status = 0;

	snprintf(notification.message, sizeof(notification.message), "%s", notice->message);
	snprintf(notification.host, sizeof(notification.host), "%s", hostname_g);
	snprintf(notification.plugin, sizeof(notification.plugin), "kidos");
	snprintf(notification.plugin_instance, sizeof(notification.plugin_instance), "%s",
		 notice->instance);
	snprintf(notification.type, sizeof(notification.type), "%s", notice->kind);
	for (unsigned int i = 0; !status && i < KIDOS_NOTICE_FIELDS; i++)
		status = add_meta(&notification, &kidos_notice_fields[i], &notice->values[i]);
	plugin_set_ctx(context);
	if (!status)
		status = plugin_dispatch_notification(&notification);
	plugin_notification_meta_free(notification.meta);
	return status ? -1 : 0;
}

static enum kidos_severity severity_from(int severity)
{
	switch (severity) {
	case NOTIF_FAILURE:
		return KIDOS_SEVERITY_FAILURE;
	case NOTIF_WARNING:
		return KIDOS_SEVERITY_WARNING;
	default:
		return KIDOS_SEVERITY_OKAY;
	}
}

/* threshold says which data source it judged, and what its value is. */
static bool is_by_threshold(const notification_t *notification)
{
	bool source = false, value = false;

	for (const notification_meta_t *meta = notification->meta; meta; meta = meta->next) {
		source |= !strcmp(meta->name, "DataSource");
		value |= !strcmp(meta->name, "CurrentValue");
	}
	return source && value;
}

bool collectd_notification_read(const notification_t *from, struct kidos_notification *to)
{
	bool by_threshold = is_by_threshold(from);

	/* What threshold says of kidos's values is not kidos's own. */
	if (strcmp(from->host, hostname_g) != 0 ||
	    (!strcmp(from->plugin, "kidos") && !by_threshold))
		return false;
	*to = (struct kidos_notification){
		.severity = severity_from(from->severity),
		.time_ns = CDTIME_T_TO_NS(from->time),
		.by_threshold = by_threshold,
		.plugin = from->plugin,
		.plugin_instance = from->plugin_instance,
		.type = from->type,
		.type_instance = from->type_instance,
		.message = from->message,
	};
	return true;
}
