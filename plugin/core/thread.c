/* SPDX-License-Identifier: MIT */
#include "core/thread.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int kidos_thread_prepare(struct kidos_thread *thread)
{
	if (thread->stop < 0)
		thread->stop = eventfd(0, EFD_CLOEXEC);
	return thread->stop < 0 ? -errno : 0;
}

int kidos_thread_start(struct kidos_thread *thread, const char *name, void *(*run)(void *),
		       void *context)
{
	int error = kidos_thread_prepare(thread);

	atomic_store(&thread->stopping, false);
	if (!error)
		error = -pthread_create(&thread->id, NULL, run, context);
	thread->running = !error;
	if (!error)
		pthread_setname_np(thread->id, name);
	return error;
}

static bool join(struct kidos_thread *thread, unsigned int patience_s)
{
	struct timespec end;

	if (!patience_s)
		return !pthread_join(thread->id, NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += patience_s;
	return !pthread_clockjoin_np(thread->id, NULL, CLOCK_MONOTONIC, &end);
}

bool kidos_thread_stop(struct kidos_thread *thread, unsigned int patience_s)
{
	bool joined = true;

	atomic_store(&thread->stopping, true);
	if (thread->running) {
		/* A write to an eventfd fails only at 2^64 - 2. */
		if (eventfd_write(thread->stop, 1))
			return false;
		joined = join(thread, patience_s);
		thread->running = false;
	}
	if (joined && thread->stop >= 0) {
		close(thread->stop);
		thread->stop = -1;
	}
	return joined;
}
