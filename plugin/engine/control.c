/* SPDX-License-Identifier: MIT */
#include "engine/control.h"
#include "alerts/collector.h"
#include "core/log.h"
#include "drops/collector.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void flows_status(const struct kidos_engine *engine, struct kidos_collector_status *status)
{
	if (engine->config->flows_enabled)
		status->state = engine->flows_off ? KIDOS_COLLECTOR_OFF : KIDOS_COLLECTOR_ON;
	else
		snprintf(status->reason, sizeof(status->reason),
			 "the configuration has Flows / Enabled false");
}

static void flows_switch(struct kidos_engine *engine, bool on)
{
	engine->flows_off = !on;
	for (size_t i = 0; i < engine->world_count; i++)
		if (on)
			kidos_world_refresh(engine, &engine->worlds[i]);
		else
			kidos_world_detach(engine, &engine->worlds[i]);
}

static void alerts_status(const struct kidos_engine *engine, struct kidos_collector_status *status)
{
	if (engine->alerts)
		status->state = engine->alerts_off ? KIDOS_COLLECTOR_OFF : KIDOS_COLLECTOR_ON;
	else
		snprintf(status->reason, sizeof(status->reason),
			 "the configuration has no Alerts block, or it is not enabled");
}

static void alerts_switch(struct kidos_engine *engine, bool on)
{
	engine->alerts_off = !on;
	kidos_alerts_switch(engine, on);
}

static void drops_switch(struct kidos_engine *engine, bool on)
{
	if (on)
		kidos_drops_start(engine);
	else
		kidos_drops_stop(engine);
}

/* status starts as absent. A collector that is absent is not switched. */
static const struct {
	void (*status)(const struct kidos_engine *engine, struct kidos_collector_status *status);
	void (*change)(struct kidos_engine *engine, bool on);
} collectors[KIDOS_COLLECTORS] = {
	[KIDOS_COLLECTOR_FLOWS] = { flows_status, flows_switch },
	[KIDOS_COLLECTOR_DROPS] = { kidos_drops_status, drops_switch },
	[KIDOS_COLLECTOR_ALERTS] = { alerts_status, alerts_switch },
};

static struct kidos_collector_status status_of(const struct kidos_engine *engine,
					       enum kidos_collector collector)
{
	struct kidos_collector_status status = { .state = KIDOS_COLLECTOR_ABSENT };

	if (collectors[collector].status)
		collectors[collector].status(engine, &status);
	return status;
}

void kidos_control_publish(struct kidos_engine *engine)
{
	for (unsigned int i = 0; i < KIDOS_COLLECTORS; i++) {
		struct kidos_collector_status status = status_of(engine, (enum kidos_collector)i);

		kidos_control_write(&engine->control, KIDOS_CONTROL_COLLECTORS, i, &status);
	}
}

int kidos_control_start(struct kidos_engine *engine)
{
	int error = kidos_control_create(&engine->control);

	if (!error)
		error = kidos_state_pin_control(&engine->state, &engine->control);
	if (!error)
		kidos_control_publish(engine);
	return error;
}

/* Fills the answer's status and text. */
static void switch_collector(struct kidos_engine *engine, const struct kidos_request *request,
			     struct kidos_answer *answer)
{
	enum kidos_collector collector = (enum kidos_collector)request->argument;
	const char *word = request->on ? "on" : "off";
	struct kidos_collector_status status;

	status = status_of(engine, collector);
	if (status.state == KIDOS_COLLECTOR_ABSENT) {
		answer->status = -ENOTSUP;
		snprintf(answer->text, sizeof(answer->text), "%s cannot be switched %s: %.120s",
			 kidos_collector_names[collector], word, status.reason);
		return;
	}
	if ((status.state == KIDOS_COLLECTOR_ON) != (request->on != 0)) {
		collectors[collector].change(engine, request->on);
		kidos_log(LOG_NOTICE, "collector %s: switched %s", kidos_collector_names[collector],
			  word);
	}
	/* What it is now, which is not always what was asked for. */
	status = status_of(engine, collector);
	answer->status = (status.state == KIDOS_COLLECTOR_ON) == (request->on != 0) ? 0 : -EIO;
	snprintf(answer->text, sizeof(answer->text), "%s is %s%s%.120s",
		 kidos_collector_names[collector], kidos_collector_state_names[status.state],
		 *status.reason ? ": " : "", status.reason);
}

static void answer_request(struct kidos_engine *engine, const struct kidos_request *request)
{
	struct kidos_answer answer = { .number = request->number, .status = -EINVAL };

	snprintf(answer.text, sizeof(answer.text), "a request that this version does not know");
	if (request->verb == KIDOS_REQUEST_COLLECTOR && request->argument < KIDOS_COLLECTORS)
		switch_collector(engine, request, &answer);
	kidos_control_publish(engine);
	kidos_answer_seal(&answer);
	kidos_control_write(&engine->control, KIDOS_CONTROL_ANSWER, 0, &answer);
}

void kidos_control_look(struct kidos_engine *engine)
{
	struct kidos_request request;

	if (kidos_control_read(&engine->control, KIDOS_CONTROL_REQUEST, 0, &request) ||
	    !kidos_request_whole(&request) || request.number == engine->control_taken)
		return;
	pthread_mutex_lock(&engine->lock);
	engine->control_taken = request.number;
	if (!engine->stopping)
		answer_request(engine, &request);
	pthread_mutex_unlock(&engine->lock);
}
