/* SPDX-License-Identifier: MIT */
/* toy.c: a whole collector in one file: it counts its own polls, in steps. */
#include "collector.h"

#include <stdio.h>
#include <stdlib.h>

struct settings {
	bool enabled;
	uint64_t step;
};

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, offsetof(struct settings, enabled), 0, 0, "true", NULL,
	  "count polls" },
	{ "Step", KIDOS_OPTION_NUMBER, offsetof(struct settings, step), 1, 100, "1", NULL,
	  "what a poll adds" },
};

static const struct kidos_block block = {
	.name = "Toy",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct settings),
};

struct toy {
	const struct settings *settings;
	bool on;
	uint64_t steps;
};

static void *create(struct kidos_context *context, const void *settings, bool enabled)
{
	struct toy *toy = calloc(1, sizeof(*toy));

	(void)context;
	(void)enabled;
	if (toy)
		toy->settings = settings;
	return toy;
}

static uint64_t least(const void *self)
{
	(void)self;
	return sizeof(struct toy);
}

static int start(void *self)
{
	((struct toy *)self)->on = true;
	return 0;
}

static void stop(void *self)
{
	((struct toy *)self)->on = false;
}

static void status(const void *self, struct kidos_collector_status *status)
{
	const struct toy *toy = self;

	status->state = toy->on ? KIDOS_COLLECTOR_ON : KIDOS_COLLECTOR_OFF;
	snprintf(status->reason, sizeof(status->reason), "steps of %llu",
		 (unsigned long long)toy->settings->step);
}

static void poll(void *self, const struct kidos_poll *poll)
{
	struct toy *toy = self;

	if (toy->on)
		toy->steps += toy->settings->step;
	poll->output->instance = "toy";
	kidos_send_gauge(poll->output, "objects", "steps", (double)toy->steps);
}

const struct kidos_collector kidos_toy_collector = {
	.name = "toy",
	.block = &block,
	.create = create,
	.close = free,
	.least = least,
	.start = start,
	.stop = stop,
	.status = status,
	.poll = poll,
};
