/* SPDX-License-Identifier: MIT */
#include "alerts/rings.h"
#include "core/log.h"
#include "state/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define TICK_MS 250

struct ring {
	struct kidos_alert_rings *rings;
	const struct kidos_alert_source *source;
	struct kidos_ring *ring;
	atomic_bool malformed; /* the log has a line that says so */
};

struct kidos_alert_rings {
	struct kidos_alert_rings_use use;
	struct kidos_thread thread;
	int epoll;
	struct ring items[KIDOS_ALERT_RINGS];
	size_t count;
};

static void take_record(const void *record, size_t size, void *context)
{
	struct ring *ring = context;
	struct kidos_alert_event event;

	if (size != ring->source->record) {
		if (!atomic_exchange(&ring->malformed, true))
			kidos_log(LOG_WARNING, "alerts: a record that this version does not know");
		return;
	}
	if (ring->source->make(ring->source->self, record, &event))
		ring->rings->use.take(ring->rings->use.self, &event);
}

static void *read_rings(void *context)
{
	struct kidos_alert_rings *rings = context;
	struct epoll_event event;
	int ready;

	while (!atomic_load(&rings->thread.stopping)) {
		ready = epoll_wait(rings->epoll, &event, 1, TICK_MS);
		if (ready > 0 && event.data.ptr)
			kidos_ring_consume(((struct ring *)event.data.ptr)->ring);
		rings->use.tick(rings->use.self);
	}
	return NULL;
}

static int watch(const struct kidos_alert_rings *rings, int fd, struct ring *ring)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = ring };

	return epoll_ctl(rings->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

struct kidos_alert_rings *kidos_alert_rings_open(const struct kidos_alert_rings_use *use)
{
	struct kidos_alert_rings *rings = calloc(1, sizeof(*rings));
	int error;

	if (!rings)
		return NULL;
	rings->use = *use;
	rings->thread = (struct kidos_thread)KIDOS_NO_THREAD;
	rings->epoll = epoll_create1(EPOLL_CLOEXEC);
	error = rings->epoll < 0 ? -errno : kidos_thread_prepare(&rings->thread);
	if (!error)
		error = watch(rings, rings->thread.stop, NULL);
	if (!error)
		error = kidos_thread_start(&rings->thread, "kidos ring", read_rings, rings);
	if (!error)
		return rings;
	kidos_alert_rings_close(rings);
	errno = -error;
	return NULL;
}

void kidos_alert_rings_close(struct kidos_alert_rings *rings)
{
	if (!rings)
		return;
	kidos_thread_stop(&rings->thread, 0);
	for (size_t i = 0; i < rings->count; i++)
		kidos_ring_close(rings->items[i].ring);
	if (rings->epoll >= 0)
		close(rings->epoll);
	free(rings);
}

int kidos_alert_rings_add(struct kidos_alert_rings *rings, const struct kidos_alert_source *source)
{
	struct ring *item = &rings->items[rings->count];
	int error;

	if (rings->count == KIDOS_ALERT_RINGS)
		return -ENOSPC;
	item->rings = rings;
	item->source = source;
	item->ring = kidos_ring_open(source->ring, take_record, item);
	if (!item->ring)
		return -errno;
	error = watch(rings, kidos_ring_fd(item->ring), item);
	if (error)
		kidos_ring_close(item->ring);
	else
		rings->count++;
	return error;
}
