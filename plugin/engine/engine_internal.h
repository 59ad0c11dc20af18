/* SPDX-License-Identifier: MIT */
/* engine_internal.h: what the engine's files share. */
#ifndef KIDOS_ENGINE_ENGINE_INTERNAL_H
#define KIDOS_ENGINE_ENGINE_INTERNAL_H

#include "collector.h"
#include "core/thread.h"
#include "engine/engine.h"
#include "state/control_maps.h"

/* A collector of the table, at work. */
struct kidos_running {
	const struct kidos_collector *collector;
	void *self;
	bool enabled; /* by the configuration */
	int failed; /* -errno of its last start */
};

struct kidos_engine {
	struct kidos_context context;
	struct kidos_running running[KIDOS_COLLECTORS_MAX]; /* context.lock */
	uint64_t control_taken; /* number of the last request; the thread's */
	size_t running_count;
	int control[KIDOS_CONTROL_MAPS];
	struct kidos_thread thread;
	int epoll, inotify, timer;
};

#endif
