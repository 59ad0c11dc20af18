/* SPDX-License-Identifier: MIT */
#include "flows/spills.h"
#include "core/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Runs with the lock held, from kidos_ring_consume(). */
static void take_one(const void *record, size_t size, void *context)
{
	struct kidos_spills *spills = context;

	if (!spills->queue || size != sizeof(*spills->queue))
		return;
	if (spills->count < KIDOS_SPILL_QUEUE)
		memcpy(&spills->queue[spills->count++], record, size);
	else
		spills->lost++;
}

static void *drain(void *context)
{
	struct kidos_spills *spills = context;
	struct pollfd fds[] = { { .fd = spills->stop, .events = POLLIN },
				{ .fd = kidos_ring_fd(spills->ring), .events = POLLIN } };

	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents)
			break;
		pthread_mutex_lock(&spills->lock);
		kidos_ring_consume(spills->ring);
		pthread_mutex_unlock(&spills->lock);
	}
	return NULL;
}

static int start(struct kidos_spills *spills, const struct kidos_maps *maps, bool keep)
{
	int error;

	spills->stop = eventfd(0, EFD_CLOEXEC);
	if (spills->stop < 0)
		return -errno;
	if (keep) {
		spills->queue = calloc(KIDOS_SPILL_QUEUE, sizeof(*spills->queue));
		spills->taken = calloc(KIDOS_SPILL_QUEUE, sizeof(*spills->taken));
		if (!spills->queue || !spills->taken)
			return -ENOMEM;
	}
	spills->ring = kidos_ring_open(maps->fd[KIDOS_MAP_SPILLS], take_one, spills);
	if (!spills->ring)
		return -errno;
	error = -pthread_create(&spills->thread, NULL, drain, spills);
	spills->threaded = !error;
	if (!error)
		pthread_setname_np(spills->thread, "kidos spills");
	return error;
}

int kidos_spills_start(struct kidos_spills *spills, const struct kidos_maps *maps, bool keep)
{
	int error;

	*spills = (struct kidos_spills){ .stop = -1 };
	pthread_mutex_init(&spills->lock, NULL);
	error = start(spills, maps, keep);
	if (error)
		kidos_spills_stop(spills);
	return error;
}

void kidos_spills_stop(struct kidos_spills *spills)
{
	const uint64_t one = 1;

	if (spills->threaded) {
		if (write(spills->stop, &one, sizeof(one)) < 0)
			kidos_log(LOG_ERR, "wake the spill thread: %s", strerror(errno));
		pthread_join(spills->thread, NULL);
	}
	kidos_ring_close(spills->ring);
	if (spills->stop > 0)
		close(spills->stop);
	free(spills->queue);
	free(spills->taken);
	*spills = (struct kidos_spills){};
}

size_t kidos_spills_take(struct kidos_spills *spills, const struct kidos_spill **taken)
{
	struct kidos_spill *queue;
	size_t count;

	if (!spills->queue)
		return 0;
	pthread_mutex_lock(&spills->lock);
	queue = spills->queue;
	count = spills->count;
	spills->queue = spills->taken;
	spills->count = 0;
	pthread_mutex_unlock(&spills->lock);
	spills->taken = queue;
	*taken = queue;
	return count;
}

uint64_t kidos_spills_lost(struct kidos_spills *spills)
{
	uint64_t lost;

	if (!spills->threaded)
		return 0;
	pthread_mutex_lock(&spills->lock);
	lost = spills->lost;
	pthread_mutex_unlock(&spills->lock);
	return lost;
}
