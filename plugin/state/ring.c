/* SPDX-License-Identifier: MIT */
#include "state/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

struct kidos_ring {
	struct ring_buffer *buffer;
	kidos_ring_take take;
	void *context;
};

static int take_one(void *context, void *record, size_t size)
{
	const struct kidos_ring *ring = context;

	ring->take(record, size, ring->context);
	return 0;
}

struct kidos_ring *kidos_ring_open(int map, kidos_ring_take take, void *context)
{
	struct kidos_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	ring->take = take;
	ring->context = context;
	ring->buffer = ring_buffer__new(map, take_one, ring, NULL);
	if (ring->buffer)
		return ring;
	free(ring);
	return NULL;
}

void kidos_ring_close(struct kidos_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring);
}

int kidos_ring_fd(const struct kidos_ring *ring)
{
	return ring_buffer__epoll_fd(ring->buffer);
}

int kidos_ring_consume(struct kidos_ring *ring)
{
	int taken = ring_buffer__consume(ring->buffer);

	return taken < 0 ? taken : 0;
}
