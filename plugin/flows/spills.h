/* SPDX-License-Identifier: MIT */
/*
 * spills.h: evicted flows keep their attribution until the next poll takes
 * them: from the ring into a queue, by a thread that the programs wake when
 * much has come together. Without it nothing is written to the ring.
 */
#ifndef KIDOS_FLOWS_SPILLS_H
#define KIDOS_FLOWS_SPILLS_H

#include "core/thread.h"
#include "state/maps.h"
#include "state/ring.h"

#define KIDOS_SPILL_QUEUE 8192u /* evicted flows that may wait for a poll */

struct kidos_spills {
	const struct kidos_maps *maps;
	struct kidos_ring *ring;
	struct kidos_spill *queue, *taken; /* KIDOS_SPILL_QUEUE each */
	size_t count;
	struct kidos_spilling shared; /* as it is in the map */
	pthread_mutex_t lock; /* ring, queue, count, shared */
	struct kidos_thread thread;
	int wake; /* epoll: the thread's stop, and the ring's wake-ups */
};

/* maps must outlive the spills. 0 or -errno. */
int kidos_spills_start(struct kidos_spills *spills, const struct kidos_maps *maps);
/* Accepts spills that were never started, if all of it is 0. */
void kidos_spills_stop(struct kidos_spills *spills);

/* What came since the last call; the array is valid until the next one. */
size_t kidos_spills_take(struct kidos_spills *spills, const struct kidos_spill **taken);

#endif
