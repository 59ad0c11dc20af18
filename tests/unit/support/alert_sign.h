/* SPDX-License-Identifier: MIT */
/* alert_sign.h: what tests of alerts begin with: the sign that something is wrong. */
#ifndef KIDOS_TEST_ALERT_SIGN_H
#define KIDOS_TEST_ALERT_SIGN_H

#include "alerts/alert.h"

#include <stdint.h>

#define SECOND 1000000000ull
#define FIRST_ID 0x1234

/* 2.5 where 1 is allowed. */
struct kidos_alert alert_at(uint64_t seconds, enum kidos_alert_kind kind, const char *instance,
			    const char *subject);

#endif
