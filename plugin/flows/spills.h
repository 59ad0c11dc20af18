/* SPDX-License-Identifier: MIT */
/*
 * spills.h: a thread that drains the spill ring all the time, so that
 * evicted flows keep their attribution until the next poll takes them.
 */
#ifndef KIDOS_FLOWS_SPILLS_H
#define KIDOS_FLOWS_SPILLS_H

#include "state/maps.h"
#include "state/ring.h"

#include <pthread.h>
#include <stdbool.h>

#define KIDOS_SPILL_QUEUE 8192u /* evicted flows that may wait for a poll */

struct kidos_spills {
	struct kidos_ring *ring;
	struct kidos_spill *queue, *taken; /* KIDOS_SPILL_QUEUE each; NULL: nobody asks */
	size_t count;
	uint64_t lost; /* for which the queue had no room */
	pthread_mutex_t lock; /* queue, count, lost */
	pthread_t thread;
	bool threaded;
	int stop; /* eventfd */
};

/* keep: records are kept for kidos_spills_take; else they are drained and forgotten. */
int kidos_spills_start(struct kidos_spills *spills, const struct kidos_maps *maps, bool keep);
/* Accepts spills that were never started, if all of it is 0. */
void kidos_spills_stop(struct kidos_spills *spills);

/* What came since the last call; the array is valid until the next one. */
size_t kidos_spills_take(struct kidos_spills *spills, const struct kidos_spill **taken);
uint64_t kidos_spills_lost(struct kidos_spills *spills);

#endif
