/* SPDX-License-Identifier: MIT */
/*
 * alert.h: what collectors and alerts agree on: the kinds of alerts, one row
 * each, the event that a collector raises, and the source that makes events
 * of ring records. A collector raises events and knows nothing of what
 * becomes of them.
 */
#ifndef KIDOS_CORE_ALERT_H
#define KIDOS_CORE_ALERT_H

#include "abi.h"
#include "abi_drop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of kidos_alert_kinds. */
enum kidos_alert_kind {
	KIDOS_ALERT_DROP_SHARE,
	KIDOS_ALERT_NEW_DROP_REASON,
	KIDOS_ALERT_CONNECT_FAILURES,
	KIDOS_ALERT_FANOUT,
	KIDOS_ALERT_NEW_LISTENER,
	KIDOS_ALERT_NOT_PERMITTED,
	KIDOS_ALERT_RATE_SPIKE,
	KIDOS_ALERT_PORT_SCAN,
	KIDOS_ALERT_HOST_SWEEP,
	KIDOS_ALERT_SYN_FLOOD,
	KIDOS_ALERT_UNUSUAL_PROTOCOL,
	KIDOS_ALERT_REPEATED_FLOW,
	KIDOS_ALERT_HIGH_VOLUME_SOURCE,
	KIDOS_ALERT_BASELINE,
	KIDOS_ALERT_QUOTA,
	KIDOS_ALERT_KINDS
};

enum kidos_severity {
	KIDOS_SEVERITY_OKAY,
	KIDOS_SEVERITY_WARNING,
	KIDOS_SEVERITY_FAILURE,
};
extern const char *const kidos_severity_names[];

/* What of its flow all packets share that an alert is about. */
enum kidos_alert_about {
	KIDOS_ABOUT_FLOW, /* as far as the event has one */
	KIDOS_ABOUT_SOURCE,
	KIDOS_ABOUT_SERVICE, /* protocol, destination and its port */
	KIDOS_ABOUT_CLIENT, /* ... and source */
};

struct kidos_alert_row {
	const char *name; /* the notification's type */
	enum kidos_severity severity;
	enum kidos_alert_about about;
	const char *option; /* that sets the threshold; NULL: there is none */
	uint64_t least; /* observations in a window, below which nothing is judged */
	unsigned int hold; /* cool-downs without an event, after which a key has ended */
	unsigned int intervals; /* ... but at least so many: it is judged in polls; 0: it is not */
	unsigned int windows; /* ... and so many windows: it is judged once in each */
	unsigned int
		keep; /* percent of the threshold that keep an active key alive; 0: all of it */
	const char *wording; /* {observed}, {threshold} and {subject} are filled in */
};
extern const struct kidos_alert_row kidos_alert_kinds[KIDOS_ALERT_KINDS];

#define KIDOS_ALERT_INSTANCE 128 /* as long as collectd's plugin_instance */
#define KIDOS_ALERT_SUBJECT 64

/* Something is wrong at this moment. Strings are raw, as they came. */
struct kidos_alert_event {
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u16 kind; /* enum kidos_alert_kind */
	__u8 severity; /* enum kidos_severity; 0: that of its kind */
	__u8 renews; /* an active key lasts; none starts (hysteresis) */
	__u32 pid; /* 0: none */
	double observed;
	double threshold;
	struct kidos_flow_key flow; /* meta 0: no five-tuple; an address of zeros: none */
	char instance[KIDOS_ALERT_INSTANCE]; /* interface or collector */
	char subject[KIDOS_ALERT_SUBJECT]; /* distinguishes one instance's keys, "" if there is one
					    */
	char command[KIDOS_COMM];
};

/* A ring buffer map whose records are candidates for alerts. */
struct kidos_alert_source {
	int ring; /* the map's descriptor; it stays the owner's */
	size_t record; /* bytes of each */
	/* Any thread. False: the record raises nothing. */
	bool (*make)(void *self, const void *record, struct kidos_alert_event *event);
	void *self;
};

#endif
