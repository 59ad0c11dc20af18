/* SPDX-License-Identifier: MIT */
/*
 * collector.h: what a collector is. Engine, memory plan, configuration,
 * reserved names and kidosctl's `collector` walk the table in collectors.c and
 * know no collector by name. plugin/README.md has how to add one.
 */
#ifndef KIDOS_COLLECTOR_H
#define KIDOS_COLLECTOR_H

#include "context.h"
#include "state/control.h"

/* One poll. Arrays have an element for each slot. */
struct kidos_poll {
	const char *const *instances; /* the interface's name in values, NULL: it has none */
	struct kidos_slot_counts *counts; /* valid from `poll` on, not yet in `read` */
	struct kidos_output *output; /* set instance, then send */
};

/*
 * All but create and close run under the context's lock. Optional ones are
 * NULL.
 */
struct kidos_collector {
	const char *name; /* kidosctl's, and the first of its plugin_instances */
	const char *const *instances; /* its further plugin_instances; NULL at the end, or NULL */
	const struct kidos_block *block; /* its options; one of them is Enabled */
	const char *
		without; /* what does not happen while Enabled is false; NULL: no line in the log */
	bool counts; /* packets of interfaces have to be counted for it */
	bool serves; /* it works on what others collect: alone it is no reason to start */

	/*
	 * Its state, for the life of the engine, whether it is enabled or not. Loads
	 * nothing and starts nothing; adds itself to sinks. settings: block's struct.
	 * NULL without memory.
	 */
	void *(*create)(struct kidos_context *context, const void *settings, bool enabled);
	void (*close)(void *self);

	/*
	 * When all are made and sinks have their takers: 0, or -1 with a line in the log, and kidos
	 * is not started. Optional.
	 */
	int (*check)(const void *self);

	/*
	 * Bytes that it takes at least, in maps and tables; then how many of `room`
	 * more it takes.
	 */
	uint64_t (*least)(const void *self);
	uint64_t (*grow)(void *self, uint64_t room); /* optional */

	/* Start may be called again after stop, and goes on where stop left it. 0 or -errno. */
	int (*start)(void *self);
	void (*stop)(void *self);
	/* state and reason, of one that is enabled. */
	void (*status)(const void *self, struct kidos_collector_status *status);

	/*
	 * Each poll: before the interfaces' totals are read (optional), and after.
	 * Also between stop and start: one that is switched off sends nothing.
	 */
	void (*read)(void *self);
	void (*poll)(void *self, const struct kidos_poll *poll);
	/* Other interfaces will have these slots; optional. */
	void (*slots_gone)(void *self, const bool slots[KIDOS_SLOTS_MAX]);
	/*
	 * A request with a verb of its own; optional. Fills the answer's status and
	 * text and returns true, or returns false when the verb is another's.
	 */
	bool (*request)(void *self, const struct kidos_request *request,
			struct kidos_answer *answer);
};

/* NULL at the end. Memory is given in this order. */
extern const struct kidos_collector *const kidos_collectors[];

/* The blocks of all collectors and <Privacy>, for kidos_config_init; NULL at the end. */
const struct kidos_block *const *kidos_collector_blocks(void);

#endif
