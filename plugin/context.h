/* SPDX-License-Identifier: MIT */
/*
 * context.h: what every collector is handed: configuration, state directory,
 * maps and slots of interfaces, and sinks. It holds no collector's own state.
 */
#ifndef KIDOS_CONTEXT_H
#define KIDOS_CONTEXT_H

#include "core/alert.h"
#include "core/flow_gain.h"
#include "core/flow_seen.h"
#include "core/sample.h"
#include "core/sinks.h"
#include "links/watched.h"
#include "state/directory.h"

#include <pthread.h>
#include <stdatomic.h>

struct kidos_notice;

/* Kinds of things that collectors give each other, and what one of them is. */
enum kidos_sink_kind {
	KIDOS_SINK_ALERT_SOURCE, /* struct kidos_alert_source: a ring that raises alerts */
	KIDOS_SINK_ALERT_EVENT, /* struct kidos_alert_event */
	KIDOS_SINK_ALERT, /* struct kidos_notice: an alert starts, grows or ends */
	KIDOS_SINK_EVICTED, /* struct kidos_spill: a flow that left the table */
	KIDOS_SINK_FLOW, /* struct kidos_flow_gain; given by a thread that may wait for seconds */
	KIDOS_SINK_SCAN, /* uint32_t, kidos time units: a scan of the flow table begins */
	KIDOS_SINK_SEEN, /* struct kidos_flow_seen: each flow of the scan; under the lock */
	KIDOS_SINK_NOTIFICATION, /* struct kidos_notification: of another plugin, from any thread */
	/* What the configuration wants because of one: struct kidos_notification. */
	KIDOS_SINK_WANT_CAPTURE,
	KIDOS_SINK_WANT_POLICY_LOG, /* policy stops dropping and logs */
	KIDOS_SINK_SLOT_TAKEN, /* unsigned int: it is an interface's, which is not attached yet */
	KIDOS_SINK_SLOTS_GONE, /* bool[KIDOS_SLOTS_MAX]: others will have these slots */
	KIDOS_SINK_CAPTURE_BEGINS, /* NULL: packets will be asked about; by a thread that may wait
				    */
	KIDOS_SINK_WHOSE, /* struct kidos_whose: a packet */
	KIDOS_SINK_KINDS
};

#define KIDOS_RESERVED_MAX 64

struct kidos_context {
	const struct kidos_config *config;
	int (*notify)(const struct kidos_notice *notice); /* hands on to collectd; may wait */
	uint64_t memory_limit; /* bytes; meta.memory are planned */
	uint64_t alert_window_ns; /* in which shares are judged; 0: nobody takes alerts */
	bool whose_asked; /* somebody gives KIDOS_SINK_WHOSE */
	atomic_uint refused; /* enum kidos_flow_action: what becomes of what a policy refuses */
	uint64_t flow_window_ns; /* between two KIDOS_SINK_FLOW of a flow; 0: nobody takes them */
	const char
		*reserved[KIDOS_RESERVED_MAX]; /* no interface has these names; NULL at the end */
	struct kidos_sinks sinks[KIDOS_SINK_KINDS];
	atomic_bool stopping;

	pthread_mutex_t lock; /* everything below */
	struct kidos_state state;
	struct kidos_maps maps;
	struct kidos_meta meta; /* the map is a copy, as with slots */
	struct kidos_slot *slots; /* meta.slots of them */
	struct kidos_namespace *namespaces;
	size_t namespace_count;
	unsigned int wanted; /* by whom interfaces are (KIDOS_WANT_*) */
	bool attaching; /* interfaces are wanted */
};

#endif
