/* SPDX-License-Identifier: MIT */
/*
 * sinks.h: several consumers of one kind of thing. Whoever has a thing gives
 * it to all of them and knows none of them.
 */
#ifndef KIDOS_CORE_SINKS_H
#define KIDOS_CORE_SINKS_H

#include <stddef.h>

#define KIDOS_SINKS_MAX 8

/* Takes the thing, which is valid during the call only. Must not wait. */
typedef void (*kidos_sink)(void *self, const void *thing);

struct kidos_sinks {
	size_t count;
	struct {
		kidos_sink take;
		void *self;
	} items[KIDOS_SINKS_MAX];
};

/*
 * One more consumer, for as long as anybody gives; so consumers are added
 * before the threads that give are started. 0 or -ENOSPC.
 */
int kidos_sinks_add(struct kidos_sinks *sinks, kidos_sink take, void *self);

/* Any thread. */
void kidos_sinks_give(const struct kidos_sinks *sinks, const void *thing);

#endif
