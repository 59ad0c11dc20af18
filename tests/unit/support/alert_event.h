/* SPDX-License-Identifier: MIT */
/* alert_event.h: what tests of alerts begin with: an event. */
#ifndef KIDOS_TEST_ALERT_EVENT_H
#define KIDOS_TEST_ALERT_EVENT_H

#include "core/alert.h"

#include <stdint.h>

#define SECOND 1000000000ull
#define FIRST_ID 0x1234

/* 2.5 where 1 is allowed. */
struct kidos_alert_event alert_at(uint64_t seconds, enum kidos_alert_kind kind,
				  const char *instance, const char *subject);

#endif
