/* SPDX-License-Identifier: MIT */
/*
 * foreign.c: a notification of another plugin, for which the configuration wants a capture: of the
 * interface or host that it names, else of every interface. Who sends it must not wait for a disk:
 * the manager's thread starts it.
 */
#include "capture/capture.h"
#include "core/log.h"
#include "core/notification.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

static bool name_interface(const struct kidos_job_ports *ports, const char *name,
			   struct kidos_order *order)
{
	for (size_t i = 0; i < ports->count; i++)
		if (kidos_capture_is_called(&ports->items[i], name)) {
			snprintf(order->interface, sizeof(order->interface), "%s", name);
			return true;
		}
	return false;
}

static bool name_host(const char *name, struct kidos_order *order)
{
	struct kidos_prefix *prefix = &order->filter.prefixes[0];

	if (strchr(name, '/') || !kidos_prefix_parse(name, prefix))
		return false;
	order->filter.prefix_count = 1;
	return true;
}

void kidos_foreign_order(const struct kidos_job_ports *ports,
			 const struct kidos_notification *notification, struct kidos_order *order)
{
	const char *instance = notification->plugin_instance, *of = notification->type_instance;
	char raw[KIDOS_ORDER_WHY];

	*order = (struct kidos_order)KIDOS_ORDER_ALL;
	snprintf(raw, sizeof(raw), "notification=%s%s%s/%s%s%s", notification->plugin,
		 *instance ? "-" : "", instance, notification->type, *of ? "-" : "", of);
	kidos_text_utf8(raw, order->why, sizeof(order->why));
	if (!name_interface(ports, instance, order) && !name_interface(ports, of, order) &&
	    !name_host(instance, order))
		name_host(of, order);
}

void kidos_capture_notification(void *self, const void *notification)
{
	struct capture *capture = self;
	bool full;

	if (!atomic_load(&capture->on))
		return;
	pthread_mutex_lock(&capture->lock);
	full = capture->wanted_count == KIDOS_WANTED;
	if (!full)
		kidos_foreign_order(&capture->ports, notification,
				    &capture->wanted[capture->wanted_count++]);
	pthread_mutex_unlock(&capture->lock);
	if (full)
		kidos_log(LOG_NOTICE, "capture: none for a notification: too many at once");
}

static bool take(struct capture *capture, struct kidos_order *order)
{
	bool found;

	pthread_mutex_lock(&capture->lock);
	found = capture->wanted_count;
	if (found)
		*order = capture->wanted[--capture->wanted_count];
	pthread_mutex_unlock(&capture->lock);
	return found;
}

void kidos_capture_start_wanted(struct capture *capture)
{
	char file[KIDOS_FOLDER_NAME], reason[KIDOS_REASON];
	struct kidos_order order;

	while (take(capture, &order))
		if (kidos_capture_evidence(capture, &order, 0, file, reason))
			kidos_log(LOG_NOTICE, "capture: %s/%s for %s", capture->settings->directory,
				  file, order.why);
		else
			kidos_log(LOG_NOTICE, "capture: none for %s: %s", order.why, reason);
}
