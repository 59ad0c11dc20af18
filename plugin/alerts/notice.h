/* SPDX-License-Identifier: MIT */
/* notice.h: an alert put into words. */
#ifndef KIDOS_ALERTS_NOTICE_H
#define KIDOS_ALERTS_NOTICE_H

#include "alerts/states.h"
#include "core/notice.h"
#include "core/privacy.h"

/* boot_ns: kidos_boot_ns(). privacy: of all but notice->flow. */
void kidos_notice_of(const struct kidos_alert *alert, enum kidos_alert_step step, uint64_t boot_ns,
		     const struct kidos_privacy *privacy, struct kidos_notice *notice);

/* With what its sinks have filled in. */
void kidos_notice_add_capture(const struct kidos_alert *alert, struct kidos_notice *notice);

/* Whole addresses in values; the message keeps what it has. */
void kidos_notice_unhide(struct kidos_notice *notice);

#endif
