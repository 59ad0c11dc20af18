/* SPDX-License-Identifier: MIT */
#include "engine/running.h"
#include "core/cgroup.h"
#include "core/log.h"
#include "engine/memory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What is no collector's, and what is promised to collectors to come. */
static const char *const reserved[] = { "self", "other", "connects", "accepts", "capture" };

static void reserve(struct kidos_context *context, size_t *count, const char *name)
{
	if (*count < KIDOS_RESERVED_MAX - 1)
		context->reserved[(*count)++] = name;
}

static void reserve_names(struct kidos_context *context)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		reserve(context, &count, reserved[i]);
	for (size_t i = 0; kidos_collectors[i]; i++) {
		const char *const *instance = kidos_collectors[i]->instances;

		reserve(context, &count, kidos_collectors[i]->name);
		for (; instance && *instance; instance++)
			reserve(context, &count, *instance);
	}
}

static void slots_gone(void *self, const void *slots)
{
	struct kidos_engine *engine = self;

	for (size_t i = 0; i < engine->running_count; i++)
		if (engine->running[i].collector->slots_gone)
			engine->running[i].collector->slots_gone(engine->running[i].self, slots);
}

/* What one asks of the others. */
static int check_all(const struct kidos_engine *engine)
{
	int error = 0;

	for (size_t i = 0; i < engine->running_count; i++)
		if (engine->running[i].enabled && engine->running[i].collector->check &&
		    engine->running[i].collector->check(engine->running[i].self))
			error = -EINVAL;
	return error;
}

int kidos_running_create(struct kidos_engine *engine)
{
	struct kidos_context *context = &engine->context;

	reserve_names(context);
	for (size_t i = 0; kidos_collectors[i] && i < KIDOS_COLLECTORS_MAX; i++) {
		struct kidos_running *running = &engine->running[i];
		const struct kidos_block *block = kidos_collectors[i]->block;

		running->collector = kidos_collectors[i];
		running->enabled = kidos_config_enabled(context->config, block);
		running->self = running->collector->create(
			context, kidos_config_settings(context->config, block), running->enabled);
		if (!running->self)
			return -ENOMEM;
		engine->running_count++;
		if (!running->enabled && running->collector->without)
			kidos_log(LOG_INFO, "Plugin kidos / %s / Enabled is false: %s", block->name,
				  running->collector->without);
	}
	if (kidos_sinks_add(&context->sinks[KIDOS_SINK_SLOTS_GONE], slots_gone, engine))
		return -ENOSPC;
	return check_all(engine);
}

/* In turn from the end: what was made first may be used by what came later. */
void kidos_running_close(struct kidos_engine *engine)
{
	while (engine->running_count) {
		struct kidos_running *running = &engine->running[--engine->running_count];

		running->collector->close(running->self);
	}
}

/* What there is: RAM, or what control groups leave of it. */
static uint64_t memory_there(void)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t group = kidos_cgroup_memory("");

	return memory < group ? memory : group;
}

static void selves_of(const struct kidos_engine *engine, void *selves[KIDOS_COLLECTORS_MAX])
{
	for (size_t i = 0; i < engine->running_count; i++)
		selves[i] = engine->running[i].self;
}

static int plan(struct kidos_engine *engine, void *const *selves)
{
	struct kidos_context *context = &engine->context;

	if (!kidos_memory_plan(context, selves))
		return 0;
	kidos_log(LOG_ERR,
		  "Plugin kidos / MemoryLimit \"%llu\": %llu bytes are the least that %u "
		  "interfaces and %llu flows take",
		  (unsigned long long)context->memory_limit,
		  (unsigned long long)context->meta.memory, context->meta.slots - 1,
		  (unsigned long long)context->meta.max_flows);
	return -1;
}

int kidos_running_plan(struct kidos_engine *engine)
{
	struct kidos_context *context = &engine->context;
	void *selves[KIDOS_COLLECTORS_MAX];

	selves_of(engine, selves);
	context->memory_limit = kidos_memory_limit(context->config, memory_there(),
						   kidos_memory_least(context, selves));
	return plan(engine, selves);
}

int kidos_running_plan_less(struct kidos_engine *engine)
{
	struct kidos_context *context = &engine->context;
	void *selves[KIDOS_COLLECTORS_MAX];

	selves_of(engine, selves);
	kidos_log(LOG_WARNING, "no memory for %llu KiB of tables: half of that is planned",
		  (unsigned long long)context->meta.memory >> 10);
	context->memory_limit = context->meta.memory / 2;
	return plan(engine, selves);
}

bool kidos_running_counts(const struct kidos_engine *engine)
{
	for (size_t i = 0; i < engine->running_count; i++)
		if (engine->running[i].enabled && engine->running[i].collector->counts)
			return true;
	return false;
}

void kidos_running_start(struct kidos_engine *engine)
{
	for (size_t i = 0; i < engine->running_count; i++) {
		struct kidos_running *running = &engine->running[i];

		if (running->enabled)
			running->failed = running->collector->start(running->self);
		if (running->failed)
			kidos_log(LOG_DEBUG, "collector %s: %s", running->collector->name,
				  strerror(-running->failed));
	}
}
