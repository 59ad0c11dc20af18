/* SPDX-License-Identifier: MIT */
/* events.h: the thread that follows interfaces and namespaces, and takes up requests. */
#ifndef KIDOS_ENGINE_EVENTS_H
#define KIDOS_ENGINE_EVENTS_H

#include "engine/engine_internal.h"

/*
 * Attaches to what is there and follows what comes, in the thread: that may take
 * long, and a test alone waits for it. 0 or -errno. Stop it either way.
 */
int kidos_events_start(struct kidos_engine *engine);
void kidos_events_stop(struct kidos_engine *engine);

#endif
