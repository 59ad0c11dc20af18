/* SPDX-License-Identifier: MIT */
#include "flows/spills.h"
#include "core/log.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void set_spilling(struct kidos_spills *spills)
{
	const unsigned int zero = 0;

	if (bpf_map_update_elem(spills->maps->fd[KIDOS_MAP_SPILLING], &zero, &spills->shared,
				BPF_ANY))
		kidos_log(LOG_ERR, "map spilling: %s", strerror(errno));
}

static bool put(struct kidos_spill_queue *queue, const struct kidos_spill *spill)
{
	if (queue->count == KIDOS_SPILL_QUEUE)
		return false;
	queue->queue[queue->count++] = *spill;
	return true;
}

/* Runs with the lock held, from consume(). One that a taker had no room for is lost. */
static void take_one(const void *record, size_t size, void *context)
{
	struct kidos_spills *spills = context;
	bool full = false;

	if (size != sizeof(struct kidos_spill))
		return;
	for (int i = 0; i < KIDOS_SPILL_TAKERS; i++)
		if (spills->queues[i].queue && !put(&spills->queues[i], record))
			full = true;
	spills->shared.lost += full;
}

static void consume(struct kidos_spills *spills)
{
	uint64_t lost = spills->shared.lost;

	kidos_ring_consume(spills->ring);
	if (spills->shared.lost != lost)
		set_spilling(spills);
}

static void *drain(void *context)
{
	struct kidos_spills *spills = context;
	struct epoll_event event = {};

	while (epoll_wait(spills->wake, &event, 1, -1) >= 0 || errno == EINTR) {
		if (event.data.fd == spills->thread.stop)
			break;
		pthread_mutex_lock(&spills->lock);
		consume(spills);
		pthread_mutex_unlock(&spills->lock);
	}
	return NULL;
}

static int watch(const struct kidos_spills *spills, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(spills->wake, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* By its edge: the ring is readable with its first record, which wakes nobody. */
static int watch_all(struct kidos_spills *spills)
{
	int error = kidos_thread_prepare(&spills->thread);

	if (error)
		return error;
	spills->wake = epoll_create1(EPOLL_CLOEXEC);
	if (spills->wake < 0)
		return -errno;
	error = watch(spills, spills->thread.stop, EPOLLIN);
	return error ? error : watch(spills, spills->maps->fd[KIDOS_MAP_SPILLS], EPOLLIN | EPOLLET);
}

static bool make_queues(struct kidos_spills *spills, unsigned int takers)
{
	for (unsigned int i = 0; i < KIDOS_SPILL_TAKERS; i++) {
		struct kidos_spill_queue *queue = &spills->queues[i];

		if (!(takers & 1u << i))
			continue;
		queue->queue = calloc(KIDOS_SPILL_QUEUE, sizeof(*queue->queue));
		queue->taken = calloc(KIDOS_SPILL_QUEUE, sizeof(*queue->taken));
		if (!queue->queue || !queue->taken)
			return false;
	}
	return true;
}

static int start(struct kidos_spills *spills, unsigned int takers)
{
	const struct kidos_maps *maps = spills->maps;
	const unsigned int zero = 0;
	int error;

	if (!make_queues(spills, takers))
		return -ENOMEM;
	spills->ring = kidos_ring_open(maps->fd[KIDOS_MAP_SPILLS], take_one, spills);
	if (!spills->ring ||
	    bpf_map_lookup_elem(maps->fd[KIDOS_MAP_SPILLING], &zero, &spills->shared))
		return -errno;
	error = watch_all(spills);
	if (!error)
		error = kidos_thread_start(&spills->thread, "kidos spills", drain, spills);
	if (error)
		return error;
	spills->shared.wanted = 1;
	set_spilling(spills);
	return 0;
}

int kidos_spills_start(struct kidos_spills *spills, const struct kidos_maps *maps,
		       unsigned int takers)
{
	int error;

	*spills = (struct kidos_spills){ .maps = maps, .thread = KIDOS_NO_THREAD, .wake = -1 };
	pthread_mutex_init(&spills->lock, NULL);
	error = start(spills, takers);
	if (error)
		kidos_spills_stop(spills);
	return error;
}

void kidos_spills_stop(struct kidos_spills *spills)
{
	if (!spills->maps)
		return;
	kidos_thread_stop(&spills->thread, 0);
	if (spills->shared.wanted) {
		spills->shared.wanted = 0;
		set_spilling(spills);
	}
	kidos_ring_close(spills->ring);
	if (spills->wake >= 0)
		close(spills->wake);
	for (int i = 0; i < KIDOS_SPILL_TAKERS; i++) {
		free(spills->queues[i].queue);
		free(spills->queues[i].taken);
	}
	*spills = (struct kidos_spills){};
}

size_t kidos_spills_take(struct kidos_spills *spills, enum kidos_spill_taker taker,
			 const struct kidos_spill **taken)
{
	struct kidos_spill_queue *from = &spills->queues[taker];
	struct kidos_spill *queue;
	size_t count;

	if (!spills->thread.running || !from->queue)
		return 0;
	pthread_mutex_lock(&spills->lock);
	consume(spills);
	queue = from->queue;
	count = from->count;
	from->queue = from->taken;
	from->count = 0;
	pthread_mutex_unlock(&spills->lock);
	from->taken = queue;
	*taken = queue;
	return count;
}
