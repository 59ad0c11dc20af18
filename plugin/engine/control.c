/* SPDX-License-Identifier: MIT */
#include "engine/control.h"
#include "core/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct kidos_collector_status status_of(const struct kidos_running *running)
{
	const struct kidos_block *block = running->collector->block;
	struct kidos_collector_status status = { .state = KIDOS_COLLECTOR_ABSENT };

	snprintf(status.name, sizeof(status.name), "%s", running->collector->name);
	if (running->enabled) {
		running->collector->status(running->self, &status);
	} else if (block->off_without) {
		snprintf(status.reason, sizeof(status.reason),
			 "the configuration has no %s block, or it is not enabled", block->name);
	} else {
		snprintf(status.reason, sizeof(status.reason),
			 "the configuration has %s / Enabled false", block->name);
	}
	if (running->failed && !*status.reason) {
		status.state = KIDOS_COLLECTOR_FAILED;
		snprintf(status.reason, sizeof(status.reason), "%s", strerror(-running->failed));
	}
	return status;
}

void kidos_control_publish(struct kidos_engine *engine)
{
	for (unsigned int i = 0; i < engine->running_count; i++) {
		struct kidos_collector_status status = status_of(&engine->running[i]);

		kidos_map_write(engine->control[KIDOS_CONTROL_COLLECTORS], i, &status);
	}
}

int kidos_control_start(struct kidos_engine *engine)
{
	const struct kidos_state *state = &engine->context.state;
	int error = kidos_map_set_create(&kidos_control_map_set, engine->control, 0);

	if (!error)
		error = kidos_state_pin_set(state, &kidos_control_map_set, engine->control);
	if (!error)
		error = kidos_state_make_lock(state, KIDOS_CONTROL_LOCK);
	if (!error)
		kidos_control_publish(engine);
	return error;
}

static struct kidos_running *running_find(struct kidos_engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->running_count; i++)
		if (!strcmp(engine->running[i].collector->name, name))
			return &engine->running[i];
	return NULL;
}

static void change(struct kidos_running *running, bool on)
{
	running->failed = 0;
	if (on)
		running->failed = running->collector->start(running->self);
	else
		running->collector->stop(running->self);
	kidos_log(LOG_NOTICE, "collector %s: switched %s", running->collector->name,
		  on ? "on" : "off");
}

/* Fills the answer's status and text. */
static void switch_collector(struct kidos_running *running, bool on, struct kidos_answer *answer)
{
	struct kidos_collector_status status = status_of(running);

	if (status.state == KIDOS_COLLECTOR_ABSENT) {
		answer->status = -ENOTSUP;
		snprintf(answer->text, sizeof(answer->text), "%s cannot be switched %s: %.120s",
			 status.name, on ? "on" : "off", status.reason);
		return;
	}
	/* One that was started, and fails by now, can be stopped. */
	if ((status.state == KIDOS_COLLECTOR_ON) != on ||
	    (status.state == KIDOS_COLLECTOR_FAILED && !running->failed))
		change(running, on);
	/* What it is now, which is not always what was asked for. */
	status = status_of(running);
	answer->status = (status.state == KIDOS_COLLECTOR_ON) == on ? 0 : -EIO;
	snprintf(answer->text, sizeof(answer->text), "%s is %s%s%.120s", status.name,
		 kidos_collector_state_names[status.state], *status.reason ? ": " : "",
		 status.reason);
}

/* A verb that the engine does not know may be a collector's. */
static void ask_collectors(struct kidos_engine *engine, const struct kidos_request *request,
			   struct kidos_answer *answer)
{
	for (size_t i = 0; i < engine->running_count; i++) {
		const struct kidos_running *running = &engine->running[i];

		if (running->enabled && running->collector->request &&
		    running->collector->request(running->self, request, answer))
			return;
	}
}

static void take_request(struct kidos_engine *engine, const struct kidos_request *request,
			 struct kidos_answer *answer)
{
	struct kidos_running *running = running_find(engine, request->text);

	*answer = (struct kidos_answer){ .number = request->number, .status = -EINVAL };
	snprintf(answer->text, sizeof(answer->text),
		 "no collector of the configuration takes this request");
	if (request->verb == KIDOS_REQUEST_COLLECTOR && running)
		switch_collector(running, request->argument != 0, answer);
	else if (request->verb != KIDOS_REQUEST_COLLECTOR)
		ask_collectors(engine, request, answer);
	kidos_control_publish(engine);
}

bool kidos_control_take(struct kidos_engine *engine, struct kidos_answer *answer)
{
	struct kidos_request request;

	if (atomic_load(&engine->context.stopping) ||
	    kidos_map_read(engine->control[KIDOS_CONTROL_REQUEST], 0, &request) ||
	    !kidos_request_whole(&request) || request.number == engine->control_taken)
		return false;
	engine->control_taken = request.number;
	pthread_mutex_lock(&engine->context.lock);
	take_request(engine, &request, answer);
	pthread_mutex_unlock(&engine->context.lock);
	return true;
}

void kidos_control_answer(struct kidos_engine *engine, struct kidos_answer *answer)
{
	kidos_answer_seal(answer);
	kidos_map_write(engine->control[KIDOS_CONTROL_ANSWER], 0, answer);
}
