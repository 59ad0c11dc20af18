/* SPDX-License-Identifier: MIT */
/* alert.h: a sign that something is wrong, and the time during which it is. */
#ifndef KIDOS_ALERTS_ALERT_H
#define KIDOS_ALERTS_ALERT_H

#include "abi_alert.h"

/* In the order of kidos_alert_rules. */
enum kidos_alert_kind { KIDOS_ALERT_DROP_SHARE, KIDOS_ALERT_NEW_DROP_REASON, KIDOS_ALERT_KINDS };

enum kidos_severity {
	KIDOS_SEVERITY_OKAY,
	KIDOS_SEVERITY_WARNING,
	KIDOS_SEVERITY_FAILURE,
};
extern const char *const kidos_severity_names[];

#define KIDOS_ALERT_INSTANCE 128 /* as long as collectd's plugin_instance */
#define KIDOS_ALERT_SUBJECT 64

/* What a rule makes of a ring record or of an interval. Strings are raw, as they came. */
struct kidos_alert {
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u32 kind; /* enum kidos_alert_kind */
	__u32 pid; /* 0: none */
	double observed;
	double threshold;
	struct kidos_flow_key flow; /* meta 0: no five-tuple */
	char instance[KIDOS_ALERT_INSTANCE]; /* interface or collector */
	char subject[KIDOS_ALERT_SUBJECT]; /* tells one instance's keys apart, "" if there is one */
	char command[KIDOS_COMM];
};

/*
 * One kind at one instance, from its first key's start to its last key's end.
 * kidosctl reads these from the pinned map `alert_state`; the layout belongs
 * to KIDOS_ABI_VERSION.
 */
struct kidos_episode {
	__u64 id; /* 0: never used */
	__u64 started_ns; /* CLOCK_BOOTTIME, as are the others */
	__u64 last_ns; /* of the last sign */
	__u64 ended_ns; /* 0: active */
	__u32 keys; /* active now */
	__u32 raised; /* keys that started in it */
	__u32 announced; /* of those, how many went out: without any, its end is no news */
	__u32 pad;
	struct kidos_alert alert; /* the newest key's start, values of the last sign */
};

#define KIDOS_EPISODES 128 /* active and recent */

#endif
