/* SPDX-License-Identifier: MIT */
#include "bpf_spills.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

struct kidos_spill_ring {
	struct ring_buffer *buffer;
	void (*take)(void *context, const struct kidos_spill *spill);
	void *context;
};

static int take_record(void *context, void *data, size_t size)
{
	struct kidos_spill_ring *ring = context;

	if (size == sizeof(struct kidos_spill))
		ring->take(ring->context, data);
	return 0;
}

struct kidos_spill_ring *kidos_spill_ring_open(const struct kidos_maps *maps,
					       void (*take)(void *context,
							    const struct kidos_spill *spill),
					       void *context)
{
	struct kidos_spill_ring *ring = calloc(1, sizeof(*ring));
	int error;

	if (!ring)
		return NULL;
	ring->take = take;
	ring->context = context;
	ring->buffer = ring_buffer__new(maps->fd[KIDOS_MAP_SPILLS], take_record, ring, NULL);
	if (ring->buffer)
		return ring;
	error = errno;
	free(ring);
	errno = error;
	return NULL;
}

void kidos_spill_ring_close(struct kidos_spill_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring);
}

int kidos_spill_ring_fd(const struct kidos_spill_ring *ring)
{
	return ring_buffer__epoll_fd(ring->buffer);
}

void kidos_spill_ring_consume(struct kidos_spill_ring *ring)
{
	ring_buffer__consume(ring->buffer);
}
