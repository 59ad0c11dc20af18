/* SPDX-License-Identifier: MIT */
/*
 * states.h: which alerts are active, and which of them are reported. There is
 * one alert for an instance and a kind. It holds keys: it starts with the
 * first and ends with the last. A key lasts until no event of it came for the
 * cool-down, so one that flaps is reported once.
 *
 * Every key that starts is raised. It is then exactly one of: pending (the rate
 * limit holds it back; sent as soon as the rate allows), sent (send took it),
 * lost (send refused it), suppressed (it ended while pending, or no room).
 */
#ifndef KIDOS_ALERTS_STATES_H
#define KIDOS_ALERTS_STATES_H

#include "core/alert.h"

/*
 * kidosctl reads alerts from the pinned map `alert_state`; the layout belongs
 * to KIDOS_ABI_VERSION.
 */
struct kidos_alert {
	__u64 id; /* 0: never used */
	__u64 started_ns; /* CLOCK_BOOTTIME, as are the others */
	__u64 last_ns; /* of the last event */
	__u64 ended_ns; /* 0: active */
	__u32 keys; /* active now */
	__u32 raised; /* keys that started in it */
	__u32 announced; /* of those, how many were sent: without any, its end is not sent */
	__u32 pad;
	struct kidos_alert_event event; /* the newest key's start, values of the last event */
};
_Static_assert(sizeof(struct kidos_alert) == 328, "alert");
_Static_assert(offsetof(struct kidos_alert, event) == 48, "alert");

#define KIDOS_ALERTS_KEPT 128 /* active and recent */

#define KIDOS_ALERT_KEYS 512
#define KIDOS_ALERT_KEYS_EACH 16 /* of one alert: who provokes one kind leaves room for others */
#define KIDOS_RATE_LIMIT_MAX 1000
#define KIDOS_RATE_WINDOW_NS 60000000000u

enum kidos_alert_step {
	KIDOS_ALERT_STARTED, /* the first key of an alert */
	KIDOS_ALERT_ADDED, /* one more key of it */
	KIDOS_ALERT_ENDED,
};

/* Takes an update, or refuses what there is no room for; KIDOS_ALERT_ENDED is never refused. */
typedef bool (*kidos_alert_send)(const struct kidos_alert *alert, enum kidos_alert_step step,
				 void *context);

struct kidos_alert_limits {
	uint64_t cool_down_ns;
	uint64_t interval_ns; /* between polls */
	uint64_t window_ns;
	unsigned int rate; /* starts that are sent in any minute, 0: all */
};

struct kidos_alert_states;

/* first_id: ids count up from it, so that another run's differ. NULL without memory. */
struct kidos_alert_states *kidos_alert_states_new(const struct kidos_alert_limits *limits,
						  uint64_t first_id, kidos_alert_send send,
						  void *context);
void kidos_alert_states_free(struct kidos_alert_states *states);

/* An event: starts a key or renews it. */
void kidos_alert_take(struct kidos_alert_states *states, const struct kidos_alert_event *event);

/* Ends the keys whose time is over, sends pending ones. now_ns: CLOCK_BOOTTIME. */
void kidos_alert_expire(struct kidos_alert_states *states, uint64_t now_ns);

/* Ends all keys, whatever their time; pending ones are not sent any more. */
void kidos_alert_end_all(struct kidos_alert_states *states, uint64_t now_ns);

struct kidos_alert_counts {
	uint64_t raised[KIDOS_ALERT_KINDS];
	unsigned int active[KIDOS_ALERT_KINDS]; /* keys */
	uint64_t lost, suppressed;
	unsigned int pending; /* keys */
};
void kidos_alert_count(const struct kidos_alert_states *states, struct kidos_alert_counts *counts);

/* Calls each for alerts that changed since the last call; index is below KIDOS_ALERTS_KEPT. */
void kidos_alert_each_changed(struct kidos_alert_states *states,
			      void (*each)(unsigned int index, const struct kidos_alert *alert,
					   void *context),
			      void *context);

#endif
