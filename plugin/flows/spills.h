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

/* Who takes them, each at its own pace. */
enum kidos_spill_taker { KIDOS_SPILLS_FOR_POLL, KIDOS_SPILLS_FOR_FEED, KIDOS_SPILL_TAKERS };

struct kidos_spill_queue {
	struct kidos_spill *queue, *taken; /* KIDOS_SPILL_QUEUE each; NULL: nobody takes them */
	size_t count;
};

struct kidos_spills {
	const struct kidos_maps *maps;
	struct kidos_ring *ring;
	struct kidos_spill_queue queues[KIDOS_SPILL_TAKERS];
	struct kidos_spilling shared; /* as it is in the map */
	pthread_mutex_t lock; /* ring, queues, shared */
	struct kidos_thread thread;
	int wake; /* epoll: the thread's stop, and the ring's wake-ups */
};

/* maps must outlive the spills. takers: bits, 1 << KIDOS_SPILLS_FOR_POLL and so on. 0 or -errno. */
int kidos_spills_start(struct kidos_spills *spills, const struct kidos_maps *maps,
		       unsigned int takers);
/* Accepts spills that were never started, if all of it is 0. */
void kidos_spills_stop(struct kidos_spills *spills);

/* What came since this taker's last call; the array is valid until the next one. */
size_t kidos_spills_take(struct kidos_spills *spills, enum kidos_spill_taker taker,
			 const struct kidos_spill **taken);

#endif
