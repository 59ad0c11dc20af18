/* SPDX-License-Identifier: MIT */
/* event.h: what the alerts of connections say. */
#ifndef KIDOS_CONNECTS_EVENT_H
#define KIDOS_CONNECTS_EVENT_H

#include "connects/fanout.h"
#include "connects/tally.h"
#include "core/alert.h"
#include "core/privacy.h"

/* percent of a series' TCP connections failed. command: the series is one. */
void kidos_connect_event_failures(const struct kidos_connect_series *series, bool command,
				  double percent, double threshold,
				  struct kidos_alert_event *event);

/* A process goes to many addresses: the newest of them is the event's flow. */
void kidos_connect_event_fanout(const struct kidos_fanout_found *found, double threshold,
				const struct kidos_privacy *privacy,
				struct kidos_alert_event *event);

/* name: of kidos_connect_listener_name(). */
void kidos_connect_event_listener(const struct kidos_connect_socket *socket, const char *name,
				  const struct kidos_privacy *privacy,
				  struct kidos_alert_event *event);

#endif
