/* SPDX-License-Identifier: MIT */
/* collector.c: received packets are judged by their source, logged or dropped. */
#include "collector.h"
#include "core/flow_gain.h"
#include "core/log.h"
#include "links/netns_watch.h"
#include "links/rule.h"
#include "policy/alert.h"
#include "policy/deadline.h"
#include "policy/load.h"
#include "policy/names.h"
#include "policy/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void log_refusal(const struct kidos_policy_state *state)
{
	kidos_log(LOG_ERR, "policy: %s: %s", state->reason,
		  state->force.file.count ? "the former one stays in force" : "nothing is policed");
}

/* In the watch's thread. The former policy stays where the new one cannot be taken. */
static void file_changed(void *self)
{
	struct kidos_policy_state *state = self;
	struct kidos_policy_file file;
	char reason[KIDOS_REASON];
	int error = kidos_policy_load(&file, state->settings->file, reason);

	pthread_mutex_lock(&state->context->lock);
	if (error)
		snprintf(state->reason, sizeof(state->reason), "%s", reason);
	else if (file.digest != state->force.file.digest || *state->reason)
		error = kidos_policy_take(state, &file, false);
	if (error)
		log_refusal(state);
	pthread_mutex_unlock(&state->context->lock);
	kidos_policy_free(&file);
}

static void slot_taken(void *self, const void *thing)
{
	struct kidos_policy_state *state = self;
	unsigned int index = *(const unsigned int *)thing;
	const struct kidos_slot *slot = &state->context->slots[index];
	char name[KIDOS_ALERT_INSTANCE];

	if (!state->force.control)
		return;
	kidos_port_name(state->context->reserved, slot, name, sizeof(name));
	kidos_policy_names_set(state->names, index, name);
	kidos_in_force_slot(&state->force, index, slot);
}

static void set_control(const struct kidos_policy_state *state)
{
	struct kidos_policy_control *control = state->force.control;

	control->drop = state->settings->action == KIDOS_ACTION_DROP;
	control->fail_open = state->settings->fail_open;
	control->open_on_crash = state->context->config->on_crash == KIDOS_ON_CRASH_PASS;
	snprintf(control->file, sizeof(control->file), "%s", state->settings->file);
}

/* What the first start needs. */
static int open_policy(struct kidos_policy_state *state)
{
	struct kidos_context *context = state->context;
	int error;

	if (state->force.control)
		return 0;
	state->names =
		kidos_policy_names_new(context->meta.slots, kidos_privacy_of(context->config));
	error = state->names ? 0 : -ENOMEM;
	if (!error)
		error = kidos_in_force_open(&state->force, &context->maps, &context->meta);
	if (error)
		return error;
	set_control(state);
	error = kidos_heartbeat_start(&state->heartbeat, state->force.control, &context->meta);
	if (!error)
		error = kidos_file_watch_start(&state->watch, state->settings->file, &state->stamp,
					       file_changed, state);
	return error;
}

/* For whoever shows flows: what becomes of those that are not permitted. */
static void publish_action(struct kidos_policy_state *state)
{
	enum kidos_flow_action action = KIDOS_ACTION_PERMITTED;

	if (state->is_on && state->force.file.count)
		action = state->settings->action == KIDOS_ACTION_DROP &&
					 kidos_policy_seconds_left(state->force.control)
				 ? KIDOS_ACTION_DROPPED
				 : KIDOS_ACTION_LOGGED;
	atomic_store(&state->context->refused, action);
}

/* Of <OnNotification>, in any thread. */
static void log_alone(void *self, const void *notification)
{
	struct kidos_policy_state *state = self;

	(void)notification;
	pthread_mutex_lock(&state->context->lock);
	kidos_policy_disarm(state);
	publish_action(state);
	pthread_mutex_unlock(&state->context->lock);
	kidos_log(LOG_WARNING, "policy: a notification wants it to log alone, until kidosctl "
			       "policy confirm");
}

static int start(void *self)
{
	struct kidos_policy_state *state = self;
	int error = open_policy(state);

	if (error) {
		kidos_log(LOG_ERR, "policy: %s", strerror(-error));
		return error;
	}
	state->is_on = true;
	if (state->read.count)
		error = kidos_policy_take(state, &state->read, false);
	else
		kidos_in_force_switch(&state->force, true);
	if (*state->reason)
		log_refusal(state);
	publish_action(state);
	kidos_links_want(state->context, KIDOS_WANT_POLICY, true);
	return error;
}

static void stop(void *self)
{
	struct kidos_policy_state *state = self;

	state->is_on = false;
	if (state->force.control)
		kidos_in_force_switch(&state->force, false);
	publish_action(state);
	kidos_links_want(state->context, KIDOS_WANT_POLICY, false);
}

static void describe(const struct kidos_policy_state *state, char *text, size_t size)
{
	int64_t left = kidos_policy_seconds_left(state->force.control);
	size_t used = (size_t)snprintf(text, size, "%s, %u prefixes",
				       kidos_action_names[state->settings->action],
				       state->force.control->prefixes);

	if (left > 0)
		used += (size_t)snprintf(text + used, size - used,
					 ", to be confirmed within %lld s", (long long)left);
	else if (!left)
		used += (size_t)snprintf(text + used, size - used,
					 ", not confirmed: logs and does not drop");
	if (*state->reason && used < size)
		snprintf(text + used, size - used, "; the file now: %.100s", state->reason);
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct kidos_policy_state *state = self;

	if (!state->force.file.count) {
		status->state = KIDOS_COLLECTOR_FAILED;
		snprintf(status->reason, sizeof(status->reason), "%.190s", state->reason);
		return;
	}
	status->state = state->is_on ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
	describe(state, status->reason, sizeof(status->reason));
}

static void send_outcomes(const struct kidos_output *output, const struct kidos_totals *totals)
{
	for (unsigned int i = 0; i < KIDOS_OUTCOMES; i++)
		kidos_send_derive(output, "ipt_packets", kidos_outcome_names[i],
				  totals->outcomes[i]);
}

static void offer_source(struct kidos_policy_state *state)
{
	state->offered = true;
	state->source = (struct kidos_alert_source){
		.ring = state->context->maps.fd[KIDOS_MAP_POLICY_ALERTS],
		.record = sizeof(struct kidos_policy_record),
		.make = kidos_policy_alert_make,
		.self = state->names,
	};
	kidos_sinks_give(&state->context->sinks[KIDOS_SINK_ALERT_SOURCE], &state->source);
}

static void poll_policy(void *self, const struct kidos_poll *poll)
{
	struct kidos_policy_state *state = self;

	if (!state->force.control || !state->is_on)
		return;
	publish_action(state);
	if (!state->offered)
		offer_source(state);
	for (unsigned int slot = 1; slot < state->context->meta.slots; slot++) {
		if (!poll->instances[slot] || !poll->counts[slot].read)
			continue;
		kidos_policy_names_set(state->names, slot, poll->instances[slot]);
		poll->output->instance = poll->instances[slot];
		send_outcomes(poll->output, &poll->counts[slot].totals[KIDOS_RX]);
	}
	poll->output->instance = "self";
	kidos_send_derive(poll->output, "total_events", "policy_lost", state->force.control->lost);
}

static void answer_reload(struct kidos_policy_state *state, bool carefully,
			  struct kidos_answer *answer)
{
	answer->status = kidos_policy_reload(state, carefully);
	if (answer->status)
		snprintf(answer->text, sizeof(answer->text), "the former policy stays: %.160s",
			 state->reason);
	else
		describe(state, answer->text, sizeof(answer->text));
}

static void answer_confirm(struct kidos_policy_state *state, struct kidos_answer *answer)
{
	answer->status = kidos_policy_confirm(state);
	if (answer->status == -ENOENT)
		snprintf(answer->text, sizeof(answer->text), "nothing is to be confirmed");
	else if (answer->status)
		snprintf(answer->text, sizeof(answer->text),
			 "confirmed, but a restart will ask for it again: %s",
			 strerror(-answer->status));
	else
		snprintf(answer->text, sizeof(answer->text), "confirmed");
}

static bool request(void *self, const struct kidos_request *request, struct kidos_answer *answer)
{
	struct kidos_policy_state *state = self;

	if (request->verb == KIDOS_REQUEST_POLICY_RELOAD)
		answer_reload(state, !request->argument, answer);
	else if (request->verb == KIDOS_REQUEST_POLICY_CONFIRM)
		answer_confirm(state, answer);
	else
		return false;
	return true;
}

/* Read now already: it says how large the tables must be, which are part of the programs' maps. */
static void read_file(struct kidos_policy_state *state)
{
	uint32_t room = KIDOS_POLICY_ROOM_SMALL;

	kidos_file_stamp(state->settings->file, &state->stamp);
	if (!kidos_policy_load(&state->read, state->settings->file, state->reason))
		room = kidos_policy_room(&state->read);
	state->context->meta.policy_room = room ? room : KIDOS_POLICY_ROOM_LARGE;
}

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct kidos_policy_state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	state->context = context;
	state->settings = settings;
	state->enabled = enabled;
	if (enabled)
		read_file(state);
	if (enabled &&
	    (kidos_sinks_add(&context->sinks[KIDOS_SINK_SLOT_TAKEN], slot_taken, state) ||
	     kidos_sinks_add(&context->sinks[KIDOS_SINK_WANT_POLICY_LOG], log_alone, state))) {
		kidos_policy_free(&state->read);
		free(state);
		return NULL;
	}
	return state;
}

static void close_policy(void *self)
{
	struct kidos_policy_state *state = self;

	kidos_file_watch_stop(&state->watch);
	kidos_heartbeat_stop(&state->heartbeat);
	kidos_in_force_close(&state->force);
	kidos_policy_names_free(state->names);
	kidos_policy_free(&state->read);
	free(state);
}

/* The tables in force, and those of the next file beside them. */
static uint64_t least(const void *self)
{
	const struct kidos_policy_state *state = self;
	uint64_t tables = 0;

	if (!state->enabled)
		return 0;
	for (size_t i = 0; i < state->read.count; i++)
		for (unsigned int f = 0; f < KIDOS_POLICY_FAMILIES; f++)
			tables += state->read.policies[i].families[f] > 0;
	return 2 * (tables ? tables : 1) * state->context->meta.policy_room + KIDOS_POLICY_RING +
	       state->context->maps.cpus * KIDOS_POLICY_SEEN * sizeof(struct kidos_policy_seen);
}

const struct kidos_collector kidos_policy_collector = {
	.name = "policy",
	.block = &kidos_policy_block,
	.counts = true,
	.create = create,
	.close = close_policy,
	.least = least,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = poll_policy,
	.request = request,
};
