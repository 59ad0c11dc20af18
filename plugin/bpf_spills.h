/* SPDX-License-Identifier: MIT */
/* bpf_spills.h: the ring of evicted flow entries, which has one reader. */
#ifndef KIDOS_BPF_SPILLS_H
#define KIDOS_BPF_SPILLS_H

#include "bpf_maps.h"

struct kidos_spill_ring;

/* NULL with errno set. A record of another size is left out. */
struct kidos_spill_ring *kidos_spill_ring_open(const struct kidos_maps *maps,
					       void (*take)(void *context,
							    const struct kidos_spill *spill),
					       void *context);
void kidos_spill_ring_close(struct kidos_spill_ring *ring);

/* Readable while there are records. */
int kidos_spill_ring_fd(const struct kidos_spill_ring *ring);

/* Calls take for each record there is. */
void kidos_spill_ring_consume(struct kidos_spill_ring *ring);

#endif
