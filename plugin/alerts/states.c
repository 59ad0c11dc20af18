/* SPDX-License-Identifier: MIT */
#include "alerts/states.h"

#include <stdlib.h>
#include <string.h>

struct key {
	struct kidos_alert *alert; /* NULL: free */
	uint64_t started_ns, until_ns;
	bool pending; /* raised and not sent yet */
	struct kidos_alert_event event; /* of its start */
};

struct kidos_alert_states {
	struct kidos_alert_limits limits;
	uint64_t next_id;
	kidos_alert_send send;
	void *context;
	struct kidos_alert alerts[KIDOS_ALERTS_KEPT];
	bool changed[KIDOS_ALERTS_KEPT];
	struct key keys[KIDOS_ALERT_KEYS];
	uint64_t sent[KIDOS_RATE_LIMIT_MAX]; /* when the last ones were sent, in a ring */
	uint64_t sent_count;
	struct kidos_alert_counts counts;
};

struct kidos_alert_states *kidos_alert_states_new(const struct kidos_alert_limits *limits,
						  uint64_t first_id, kidos_alert_send send,
						  void *context)
{
	struct kidos_alert_states *states = calloc(1, sizeof(*states));

	if (!states)
		return NULL;
	states->limits = *limits;
	if (states->limits.rate > KIDOS_RATE_LIMIT_MAX)
		states->limits.rate = KIDOS_RATE_LIMIT_MAX;
	states->next_id = first_id;
	states->send = send;
	states->context = context;
	return states;
}

void kidos_alert_states_free(struct kidos_alert_states *states)
{
	free(states);
}

static bool is_active(const struct kidos_alert *alert)
{
	return alert->id && !alert->ended_ns;
}

static void changed(struct kidos_alert_states *states, const struct kidos_alert *alert)
{
	states->changed[alert - states->alerts] = true;
}

static struct kidos_alert *alert_find(struct kidos_alert_states *states,
				      const struct kidos_alert_event *event)
{
	for (unsigned int i = 0; i < KIDOS_ALERTS_KEPT; i++) {
		struct kidos_alert *alert = &states->alerts[i];

		if (is_active(alert) && alert->event.kind == event->kind &&
		    !strcmp(alert->event.instance, event->instance))
			return alert;
	}
	return NULL;
}

/* The place of a new one: never used, else the one that ended first; NULL if all are active. */
static struct kidos_alert *alert_room(struct kidos_alert_states *states)
{
	struct kidos_alert *room = NULL;

	for (unsigned int i = 0; i < KIDOS_ALERTS_KEPT; i++) {
		struct kidos_alert *alert = &states->alerts[i];

		if (!is_active(alert) && (!room || alert->ended_ns < room->ended_ns))
			room = alert;
	}
	return room;
}

static struct key *key_find(struct kidos_alert_states *states, const struct kidos_alert *alert,
			    const char *subject)
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS; i++)
		if (states->keys[i].alert == alert &&
		    !strcmp(states->keys[i].event.subject, subject))
			return &states->keys[i];
	return NULL;
}

static struct key *key_room(struct kidos_alert_states *states)
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS; i++)
		if (!states->keys[i].alert)
			return &states->keys[i];
	return NULL;
}

/* No minute has more starts than the limit: the oldest of the last N decides. */
static bool within_rate(const struct kidos_alert_states *states, uint64_t now_ns)
{
	unsigned int rate = states->limits.rate;
	uint64_t oldest;

	if (!rate || states->sent_count < rate)
		return true;
	oldest = states->sent[(states->sent_count - rate) % KIDOS_RATE_LIMIT_MAX];
	/* Signed: events of different sources come a little out of order. */
	return (int64_t)(now_ns - oldest) >= (int64_t)KIDOS_RATE_WINDOW_NS;
}

/* What is sent is this key's start, whichever came after it. */
static void report(struct kidos_alert_states *states, struct key *key, uint64_t now_ns)
{
	struct kidos_alert *alert = key->alert, update = *alert;

	update.event = key->event;
	key->pending = false;
	states->counts.pending--;
	if (!states->send(&update, alert->announced ? KIDOS_ALERT_ADDED : KIDOS_ALERT_STARTED,
			  states->context)) {
		states->counts.lost++;
		return;
	}
	states->sent[states->sent_count++ % KIDOS_RATE_LIMIT_MAX] = now_ns;
	alert->announced++;
	changed(states, alert);
}

/* A key of an alert that nobody knows of comes before one more of another. */
static bool is_before(const struct key *key, const struct key *other)
{
	if (!key->alert->announced != !other->alert->announced)
		return !key->alert->announced;
	return key->started_ns < other->started_ns;
}

/* The one to be sent next. */
static struct key *pending_find(struct kidos_alert_states *states)
{
	struct key *found = NULL;

	for (unsigned int i = 0; states->counts.pending && i < KIDOS_ALERT_KEYS; i++) {
		struct key *key = &states->keys[i];

		if (key->alert && key->pending && (!found || is_before(key, found)))
			found = key;
	}
	return found;
}

static void report_pending(struct kidos_alert_states *states, uint64_t now_ns)
{
	struct key *key;

	while (within_rate(states, now_ns) && (key = pending_find(states)))
		report(states, key, now_ns);
}

static uint64_t hold_ns(const struct kidos_alert_limits *limits, __u32 kind)
{
	const struct kidos_alert_row *row = &kidos_alert_kinds[kind];
	uint64_t least = row->intervals * limits->interval_ns + row->windows * limits->window_ns;
	uint64_t hold = row->hold * limits->cool_down_ns;

	return hold < least ? least : hold;
}

static void renew(struct kidos_alert_states *states, struct key *key,
		  const struct kidos_alert_event *event)
{
	struct kidos_alert *alert = key->alert;

	key->until_ns = event->time_ns + hold_ns(&states->limits, event->kind);
	key->event.observed = event->observed;
	key->event.threshold = event->threshold;
	alert->last_ns = event->time_ns;
	alert->event.observed = event->observed;
	alert->event.threshold = event->threshold;
	changed(states, alert);
}

static struct kidos_alert *alert_open(struct kidos_alert_states *states,
				      const struct kidos_alert_event *event)
{
	struct kidos_alert *alert = alert_room(states);

	if (alert)
		*alert = (struct kidos_alert){ .id = states->next_id++,
					       .started_ns = event->time_ns };
	return alert;
}

static void start(struct kidos_alert_states *states, struct kidos_alert *alert,
		  const struct kidos_alert_event *event)
{
	bool full = alert && alert->keys >= KIDOS_ALERT_KEYS_EACH;
	struct key *key = full ? NULL : key_room(states);

	states->counts.raised[event->kind]++;
	if (key && !alert)
		alert = alert_open(states, event);
	if (!key || !alert) {
		states->counts.suppressed++;
		return;
	}
	*key = (struct key){
		.alert = alert, .started_ns = event->time_ns, .pending = true, .event = *event
	};
	states->counts.pending++;
	alert->event = *event;
	alert->keys++;
	alert->raised++;
	states->counts.active[event->kind]++;
	renew(states, key, event);
	report_pending(states, event->time_ns);
}

void kidos_alert_take(struct kidos_alert_states *states, const struct kidos_alert_event *event)
{
	struct kidos_alert *alert = alert_find(states, event);
	struct key *key = alert ? key_find(states, alert, event->subject) : NULL;

	if (key)
		renew(states, key, event);
	else if (!event->renews)
		start(states, alert, event);
}

static void end(struct kidos_alert_states *states, struct key *key, uint64_t now_ns)
{
	struct kidos_alert *alert = key->alert;

	key->alert = NULL;
	states->counts.pending -= key->pending;
	states->counts.suppressed += key->pending;
	states->counts.active[alert->event.kind]--;
	changed(states, alert);
	if (--alert->keys)
		return;
	alert->ended_ns = now_ns;
	if (alert->announced)
		states->send(alert, KIDOS_ALERT_ENDED, states->context);
}

void kidos_alert_expire(struct kidos_alert_states *states, uint64_t now_ns)
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS; i++)
		if (states->keys[i].alert && states->keys[i].until_ns <= now_ns)
			end(states, &states->keys[i], now_ns);
	report_pending(states, now_ns);
}

void kidos_alert_end_all(struct kidos_alert_states *states, uint64_t now_ns)
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS; i++)
		if (states->keys[i].alert)
			end(states, &states->keys[i], now_ns);
}

void kidos_alert_count(const struct kidos_alert_states *states, struct kidos_alert_counts *counts)
{
	*counts = states->counts;
}

void kidos_alert_each_changed(struct kidos_alert_states *states,
			      void (*each)(unsigned int index, const struct kidos_alert *alert,
					   void *context),
			      void *context)
{
	for (unsigned int i = 0; i < KIDOS_ALERTS_KEPT; i++) {
		if (states->changed[i])
			each(i, &states->alerts[i], context);
		states->changed[i] = false;
	}
}
