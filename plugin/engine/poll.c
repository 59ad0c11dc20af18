/* SPDX-License-Identifier: MIT */
/* poll.c: one poll: counts from the maps, values out. */
#include "core/log.h"
#include "core/now.h"
#include "engine/control.h"
#include "engine/engine_internal.h"
#include "links/conserve_check.h"
#include "links/rule.h"
#include "links/slots.h"

#include <stdlib.h>
#include <string.h>

/* What a poll works with; an entry for each slot. */
struct work {
	struct kidos_slot_counts *counts;
	char (*names)[KIDOS_PORT_NAME];
	const char **instances; /* names, or NULL */
};

static bool work_begin(const struct kidos_context *context, struct work *work)
{
	*work = (struct work){
		.counts = calloc(context->meta.slots, sizeof(*work->counts)),
		.names = calloc(context->meta.slots, sizeof(*work->names)),
		.instances = calloc(context->meta.slots, sizeof(*work->instances)),
	};
	return work->counts && work->names && work->instances;
}

static void work_end(struct work *work)
{
	free(work->counts);
	free(work->names);
	free(work->instances);
}

static void name_slots(const struct kidos_context *context, struct work *work)
{
	for (unsigned int slot = 1; slot < context->meta.slots; slot++) {
		if (context->slots[slot].state == KIDOS_SLOT_UNUSED ||
		    context->slots[slot].silent >= KIDOS_SLOT_MUTE)
			continue;
		kidos_port_name(context->reserved, &context->slots[slot], work->names[slot],
				sizeof(work->names[slot]));
		work->instances[slot] = work->names[slot];
	}
}

/* What the conservation check has not read: interfaces that are not there, and on errors. */
static void read_rest(const struct kidos_context *context, struct work *work)
{
	for (unsigned int slot = 1; slot < context->meta.slots; slot++) {
		int error = 0;

		if (work->instances[slot] && !work->counts[slot].read)
			error = kidos_slot_read(context, slot, &work->counts[slot]);
		if (error)
			kidos_log(LOG_WARNING, "totals of %s: %s", work->instances[slot],
				  strerror(-error));
	}
}

static void read_collectors(struct kidos_engine *engine)
{
	for (size_t i = 0; i < engine->running_count; i++)
		if (engine->running[i].enabled && engine->running[i].collector->read)
			engine->running[i].collector->read(engine->running[i].self);
}

static void poll_collectors(struct kidos_engine *engine, const struct kidos_poll *poll)
{
	for (size_t i = 0; i < engine->running_count; i++)
		if (engine->running[i].enabled)
			engine->running[i].collector->poll(engine->running[i].self, poll);
}

/* What kidos itself costs. */
static void send_self(const struct kidos_meta *meta, struct kidos_output *output)
{
	output->instance = "self";
	kidos_send_gauge(output, "latency", "poll", (double)meta->poll_cost_ns / 1e9);
	kidos_send_gauge(output, "percent", "cpu",
			 100.0 * (double)meta->poll_cpu_ns / (double)meta->interval_ns);
	kidos_send_gauge(output, "gauge", "last_poll", (double)meta->last_poll_ns / 1e9);
	kidos_send_gauge(output, "memory", "planned", (double)meta->memory);
}

static void store(struct kidos_context *context)
{
	for (unsigned int i = 1; i < context->meta.slots; i++)
		if (context->slots[i].state >= KIDOS_SLOT_ATTACHED)
			kidos_maps_set_slot(&context->maps, i, &context->slots[i]);
	kidos_maps_set_meta(&context->maps, &context->meta);
}

static void poll_all(struct kidos_engine *engine, struct work *work, struct kidos_output *output)
{
	const struct kidos_poll poll = { .instances = work->instances,
					 .counts = work->counts,
					 .output = output };
	struct kidos_context *context = &engine->context;

	kidos_slots_age(context);
	name_slots(context, work);
	read_collectors(engine);
	kidos_conserve(context, work->counts);
	read_rest(context, work);
	poll_collectors(engine, &poll);
}

void kidos_engine_poll(struct kidos_engine *engine, kidos_emit emit, void *context_of_emit)
{
	struct kidos_output output = { .emit = emit, .context = context_of_emit };
	uint64_t start = kidos_now_ns(CLOCK_MONOTONIC), cpu = kidos_now_ns(CLOCK_THREAD_CPUTIME_ID);
	struct kidos_context *context = &engine->context;
	struct kidos_meta *meta = &context->meta;
	struct work work;

	if (!work_begin(context, &work)) {
		kidos_log(LOG_ERR, "poll: out of memory");
		work_end(&work);
		return;
	}
	pthread_mutex_lock(&context->lock);
	poll_all(engine, &work, &output);
	meta->last_poll_ns = kidos_now_ns(CLOCK_REALTIME);
	meta->poll_cost_ns = kidos_now_ns(CLOCK_MONOTONIC) - start;
	meta->poll_cpu_ns = kidos_now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	send_self(meta, &output);
	store(context);
	kidos_control_publish(engine);
	kidos_slots_offer(context);
	pthread_mutex_unlock(&context->lock);
	work_end(&work);
}
