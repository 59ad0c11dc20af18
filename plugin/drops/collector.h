/* SPDX-License-Identifier: MIT */
/* collector.h: the collector of dropped packets, which runs or stops beside the others. */
#ifndef KIDOS_DROPS_COLLECTOR_H
#define KIDOS_DROPS_COLLECTOR_H

#include "context.h"

/*
 * Under the engine's lock, while it runs or before it does. Start returns 0
 * (also when drops run already) or -errno after a line in the log; counts and
 * series go on from where a stop left them.
 */
int kidos_drops_start(struct kidos_engine *engine);
void kidos_drops_stop(struct kidos_engine *engine);

/* For kidosctl: on, off, failed with the reason, or absent (status as it is). */
void kidos_drops_status(const struct kidos_engine *engine, struct kidos_collector_status *status);

/* Once per poll, under the lock. counts: what the poll read of each slot. */
void kidos_drops_poll(struct kidos_engine *engine, const struct kidos_slot_counts *counts,
		      struct kidos_output *output);

/*
 * Is this none of the drops that are ordinary here: ignored, or of a reason
 * that turned up while kidos learned? The reason's name goes to text. Any
 * thread, without the lock: what it reads does not change once drops ran.
 */
bool kidos_drops_unusual(const struct kidos_engine *engine, const struct kidos_drop_record *drop,
			 char *text, size_t size);

/* Ends it for good. */
void kidos_drops_close(struct kidos_engine *engine);

#endif
