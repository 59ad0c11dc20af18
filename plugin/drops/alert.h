/* SPDX-License-Identifier: MIT */
/* alert.h: alert events of ring records that the drop programs write. */
#ifndef KIDOS_DROPS_ALERT_H
#define KIDOS_DROPS_ALERT_H

#include "abi_alert.h"
#include "core/alert.h"

/* Is this one of our records? size: as the ring has it. 0, or -EPROTO for another version's. */
int kidos_drop_alert_check(const void *record, size_t size);

/* The event that a dropped packet's record is. reason: its name. */
void kidos_alert_of_drop(const struct kidos_drop_record *drop, const char *reason,
			 struct kidos_alert_event *event);

#endif
