/* SPDX-License-Identifier: MIT */
/*
 * engine.h: kidos at work: state directory, programs, interfaces followed by
 * events, polls. Knows neither collectd nor libbpf nor libmnl.
 */
#ifndef KIDOS_ENGINE_ENGINE_H
#define KIDOS_ENGINE_ENGINE_H

#include "core/config.h"
#include "core/sample.h"

#include <stdbool.h>

struct kidos_engine;
struct kidos_notice;
struct kidos_notification;

/* Hands an alert on and may take its time; 0, or -1 if nobody took it. */
typedef int (*kidos_notify)(const struct kidos_notice *notice);

/*
 * Loads, attaches and starts following interfaces. config stays the caller's
 * and must outlive the engine. Returns NULL after one line in the log that
 * says why; nothing is left behind then. notify gets alerts, from a thread
 * of their own.
 */
struct kidos_engine *kidos_engine_start(const struct kidos_config *config, uint64_t interval_ns,
					kidos_notify notify);

/* Reads every map once and emits every value; any thread, one at a time. */
void kidos_engine_poll(struct kidos_engine *engine, kidos_emit emit, void *context);

/* Does a collector take notifications of other plugins? And here is one; any thread. */
bool kidos_engine_listens(const struct kidos_engine *engine);
void kidos_engine_hear(struct kidos_engine *engine, const struct kidos_notification *notification);

/*
 * Has somebody removed its state directory? Then nothing new can be attached,
 * and kidosctl finds nothing: stop it and start another.
 */
bool kidos_engine_is_lost(const struct kidos_engine *engine);

/* Ends the thread, takes everything away. Accepts NULL. */
void kidos_engine_stop(struct kidos_engine *engine);

#endif
