/* SPDX-License-Identifier: MIT */
#include "alerts/episodes.h"

#include <stdlib.h>
#include <string.h>

struct key {
	struct kidos_episode *episode; /* NULL: free */
	uint64_t until_ns;
	char subject[KIDOS_ALERT_SUBJECT];
};

struct kidos_alert_states {
	struct kidos_alert_limits limits;
	uint64_t next_id;
	kidos_alert_send send;
	void *context;
	struct kidos_episode episodes[KIDOS_EPISODES];
	bool changed[KIDOS_EPISODES];
	struct key keys[KIDOS_ALERT_KEYS];
	uint64_t told[KIDOS_RATE_LIMIT_MAX]; /* times of the last news, in a ring */
	uint64_t told_count;
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

static bool is_active(const struct kidos_episode *episode)
{
	return episode->id && !episode->ended_ns;
}

static void changed(struct kidos_alert_states *states, const struct kidos_episode *episode)
{
	states->changed[episode - states->episodes] = true;
}

static struct kidos_episode *episode_find(struct kidos_alert_states *states,
					  const struct kidos_alert *alert)
{
	for (unsigned int i = 0; i < KIDOS_EPISODES; i++) {
		struct kidos_episode *episode = &states->episodes[i];

		if (is_active(episode) && episode->alert.kind == alert->kind &&
		    !strcmp(episode->alert.instance, alert->instance))
			return episode;
	}
	return NULL;
}

/* The place of a new one: never used, else the one that ended first; NULL if all are active. */
static struct kidos_episode *episode_room(struct kidos_alert_states *states)
{
	struct kidos_episode *room = NULL;

	for (unsigned int i = 0; i < KIDOS_EPISODES; i++) {
		struct kidos_episode *episode = &states->episodes[i];

		if (!is_active(episode) && (!room || episode->ended_ns < room->ended_ns))
			room = episode;
	}
	return room;
}

static struct key *key_find(struct kidos_alert_states *states, const struct kidos_episode *episode,
			    const char *subject)
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS; i++)
		if (states->keys[i].episode == episode && !strcmp(states->keys[i].subject, subject))
			return &states->keys[i];
	return NULL;
}

static struct key *key_room(struct kidos_alert_states *states)
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS; i++)
		if (!states->keys[i].episode)
			return &states->keys[i];
	return NULL;
}

/* No window of a minute holds more news than the limit: the oldest of the last N decides. */
static bool within_rate(const struct kidos_alert_states *states, uint64_t now_ns)
{
	unsigned int rate = states->limits.rate;
	uint64_t oldest;

	if (!rate || states->told_count < rate)
		return true;
	oldest = states->told[(states->told_count - rate) % KIDOS_RATE_LIMIT_MAX];
	/* Signed: signs from different sources come a little out of order. */
	return (int64_t)(now_ns - oldest) >= (int64_t)KIDOS_RATE_WINDOW_NS;
}

static void tell(struct kidos_alert_states *states, struct kidos_episode *episode)
{
	uint64_t now_ns = episode->last_ns;

	if (!within_rate(states, now_ns)) {
		states->counts.suppressed++;
		return;
	}
	if (!states->send(episode, episode->announced ? KIDOS_ALERT_ADDED : KIDOS_ALERT_STARTED,
			  states->context)) {
		states->counts.lost++;
		return;
	}
	states->told[states->told_count++ % KIDOS_RATE_LIMIT_MAX] = now_ns;
	episode->announced++;
}

static void renew(struct kidos_alert_states *states, struct key *key,
		  const struct kidos_alert *alert)
{
	struct kidos_episode *episode = key->episode;

	key->until_ns =
		alert->time_ns + kidos_alert_rules[alert->kind].hold * states->limits.cool_down_ns;
	episode->last_ns = alert->time_ns;
	episode->alert.observed = alert->observed;
	episode->alert.threshold = alert->threshold;
	changed(states, episode);
}

static struct kidos_episode *episode_open(struct kidos_alert_states *states,
					  const struct kidos_alert *alert)
{
	struct kidos_episode *episode = episode_room(states);

	if (episode)
		*episode = (struct kidos_episode){ .id = states->next_id++,
						   .started_ns = alert->time_ns };
	return episode;
}

static void start(struct kidos_alert_states *states, struct kidos_episode *episode,
		  const struct kidos_alert *alert)
{
	struct key *key = key_room(states);

	states->counts.raised[alert->kind]++;
	if (key && !episode)
		episode = episode_open(states, alert);
	if (!key || !episode) {
		states->counts.suppressed++;
		return;
	}
	key->episode = episode;
	memcpy(key->subject, alert->subject, sizeof(key->subject));
	episode->alert = *alert;
	episode->keys++;
	episode->raised++;
	states->counts.active[alert->kind]++;
	renew(states, key, alert);
	tell(states, episode);
}

void kidos_alert_take(struct kidos_alert_states *states, const struct kidos_alert *alert)
{
	struct kidos_episode *episode = episode_find(states, alert);
	struct key *key = episode ? key_find(states, episode, alert->subject) : NULL;

	if (key)
		renew(states, key, alert);
	else
		start(states, episode, alert);
}

static void end(struct kidos_alert_states *states, struct key *key, uint64_t now_ns)
{
	struct kidos_episode *episode = key->episode;

	key->episode = NULL;
	states->counts.active[episode->alert.kind]--;
	changed(states, episode);
	if (--episode->keys)
		return;
	episode->ended_ns = now_ns;
	if (episode->announced)
		states->send(episode, KIDOS_ALERT_ENDED, states->context);
}

void kidos_alert_expire(struct kidos_alert_states *states, uint64_t now_ns)
{
	for (unsigned int i = 0; i < KIDOS_ALERT_KEYS; i++)
		if (states->keys[i].episode && states->keys[i].until_ns <= now_ns)
			end(states, &states->keys[i], now_ns);
}

void kidos_alert_count(const struct kidos_alert_states *states, struct kidos_alert_counts *counts)
{
	*counts = states->counts;
}

void kidos_alert_each_changed(struct kidos_alert_states *states,
			      void (*each)(unsigned int index, const struct kidos_episode *episode,
					   void *context),
			      void *context)
{
	for (unsigned int i = 0; i < KIDOS_EPISODES; i++) {
		if (states->changed[i])
			each(i, &states->episodes[i], context);
		states->changed[i] = false;
	}
}
