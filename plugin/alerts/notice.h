/* SPDX-License-Identifier: MIT */
/* notice.h: an alert put into words. */
#ifndef KIDOS_ALERTS_NOTICE_H
#define KIDOS_ALERTS_NOTICE_H

#include "alerts/states.h"
#include "core/notice.h"

/* boot_ns: kidos_boot_ns(). */
void kidos_notice_of(const struct kidos_alert *alert, enum kidos_alert_step step, uint64_t boot_ns,
		     struct kidos_notice *notice);

/* With what its sinks have filled in. */
void kidos_notice_add_capture(const struct kidos_alert *alert, struct kidos_notice *notice);

#endif
