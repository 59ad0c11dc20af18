/* SPDX-License-Identifier: MIT */
/* rules.h: the kinds of alerts, one row each, and what makes a sign of each. */
#ifndef KIDOS_ALERTS_RULES_H
#define KIDOS_ALERTS_RULES_H

#include "alerts/alert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kidos_alert_rule {
	const char *name; /* the notification's type */
	enum kidos_severity severity;
	__u32 source; /* enum kidos_alert_source of its ring records, 0: judged each interval */
	double threshold; /* the default */
	uint64_t least; /* observations in a window, below which nothing is judged */
	unsigned int hold; /* cool-downs without a sign, after which a key has ended */
	const char *wording; /* {observed}, {threshold} and {subject} are filled in */
};

extern const struct kidos_alert_rule kidos_alert_rules[KIDOS_ALERT_KINDS];

/*
 * The kind of a ring record; -EPROTO for a record of a source or size that
 * this version does not know.
 */
int kidos_alert_kind_of(const void *record, size_t size, enum kidos_alert_kind *kind);

/* The sign that a dropped packet's record is. reason: its name. */
void kidos_alert_of_drop(const struct kidos_drop_record *drop, const char *reason,
			 struct kidos_alert *alert);

/* A part of a whole, added up until there is enough to judge. */
struct kidos_share {
	uint64_t part, whole;
	uint64_t since_ns; /* 0: empty */
};

/*
 * Adds what an interval saw. True when the window holds at least `least` of
 * the whole: percent is the share then, and the window starts again. One that
 * gets older than window_ns without that is forgotten.
 */
bool kidos_share_add(struct kidos_share *share, uint64_t part, uint64_t whole, uint64_t now_ns,
		     uint64_t window_ns, uint64_t least, double *percent);

#endif
