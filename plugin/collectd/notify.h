/* SPDX-License-Identifier: MIT */
/* notify.h: notices into collectd's notifications. */
#ifndef KIDOS_COLLECTD_NOTIFY_H
#define KIDOS_COLLECTD_NOTIFY_H

#include "alerts/notice.h"

#include <stdbool.h>

/* Notifications come from the plugin whose callback calls this: once, in init. */
void collectd_notify_as_here(void);

/*
 * Any thread. Returns when every plugin that takes notifications has done so. 0, or -1 if
 * none took it (or there is none).
 */
int collectd_notify(const struct kidos_notice *notice);

struct kidos_notification;
struct notification_s;

/*
 * Is it one that kidos takes: of this host, and not its own? The network plugin delivers other
 * hosts'. *to has its strings then, which stay collectd's.
 */
bool collectd_notification_read(const struct notification_s *from, struct kidos_notification *to);

#endif
