/* SPDX-License-Identifier: MIT */
/* engine_drops.h: the collector of dropped packets, which runs or stops beside the others. */
#ifndef KIDOS_ENGINE_DROPS_H
#define KIDOS_ENGINE_DROPS_H

#include "engine_internal.h"

/*
 * Under the engine's lock, while it runs or before it does. Start returns 0
 * (also when drops run already) or -errno after a line in the log; counts and
 * series go on from where a stop left them.
 */
int kidos_drops_start(struct kidos_engine *engine);
void kidos_drops_stop(struct kidos_engine *engine);

/* Once per poll, under the lock. */
void kidos_drops_poll(struct kidos_engine *engine, kidos_emit emit, void *context);

/* Ends it for good. */
void kidos_drops_close(struct kidos_engine *engine);

#endif
