/* SPDX-License-Identifier: MIT */
/*
 * episodes.h: which alerts are active, and which of them are told. Per
 * (instance, kind) there is one state, an episode, that holds keys: it starts
 * with the first of them and ends with the last. A key lasts until no sign
 * of it came for the cool-down, so one that flaps is told once.
 *
 * Every key that starts is raised, and is then exactly one of: told to `send`
 * and taken, lost (send refused it), suppressed (rate limit, or no room).
 */
#ifndef KIDOS_ALERTS_EPISODES_H
#define KIDOS_ALERTS_EPISODES_H

#include "alerts/rules.h"

#define KIDOS_ALERT_KEYS 512
#define KIDOS_RATE_LIMIT_MAX 1000
#define KIDOS_RATE_WINDOW_NS 60000000000u

enum kidos_alert_step {
	KIDOS_ALERT_STARTED, /* an episode's first news */
	KIDOS_ALERT_ADDED, /* one more key of it */
	KIDOS_ALERT_ENDED,
};

/* Takes news, or refuses what there is no room for; KIDOS_ALERT_ENDED is never refused. */
typedef bool (*kidos_alert_send)(const struct kidos_episode *episode, enum kidos_alert_step step,
				 void *context);

struct kidos_alert_limits {
	uint64_t cool_down_ns;
	unsigned int rate; /* news of starts in any minute, 0: as many as there are */
};

struct kidos_alert_states;

/* first_id: ids count up from it, so that another run's differ. NULL without memory. */
struct kidos_alert_states *kidos_alert_states_new(const struct kidos_alert_limits *limits,
						  uint64_t first_id, kidos_alert_send send,
						  void *context);
void kidos_alert_states_free(struct kidos_alert_states *states);

/* A sign: starts a key or renews it. */
void kidos_alert_take(struct kidos_alert_states *states, const struct kidos_alert *alert);

/* Ends the keys whose time is over. now_ns: CLOCK_BOOTTIME. */
void kidos_alert_expire(struct kidos_alert_states *states, uint64_t now_ns);

struct kidos_alert_counts {
	uint64_t raised[KIDOS_ALERT_KINDS];
	unsigned int active[KIDOS_ALERT_KINDS]; /* keys */
	uint64_t lost, suppressed;
};
void kidos_alert_count(const struct kidos_alert_states *states, struct kidos_alert_counts *counts);

/* Calls each for episodes that changed since the last call; index is below KIDOS_EPISODES. */
void kidos_alert_each_changed(struct kidos_alert_states *states,
			      void (*each)(unsigned int index, const struct kidos_episode *episode,
					   void *context),
			      void *context);

#endif
