/* SPDX-License-Identifier: MIT */
/* ring.h: the reading end of a ring buffer map. */
#ifndef KIDOS_STATE_RING_H
#define KIDOS_STATE_RING_H

#include <stddef.h>

struct kidos_ring;

/* One record; it is gone from the ring when this returns. Must not wait. */
typedef void (*kidos_ring_take)(const void *record, size_t size, void *context);

/* map: its descriptor, which stays the caller's. NULL with errno. */
struct kidos_ring *kidos_ring_open(int map, kidos_ring_take take, void *context);
/* Accepts NULL. */
void kidos_ring_close(struct kidos_ring *ring);

/* For epoll: readable when there are records. */
int kidos_ring_fd(const struct kidos_ring *ring);
/* Takes every record that is there; 0 or -errno. */
int kidos_ring_consume(struct kidos_ring *ring);

#endif
