/* SPDX-License-Identifier: MIT */
/* thread.h: a thread that is woken by an eventfd and joined, never cancelled. */
#ifndef KIDOS_CORE_THREAD_H
#define KIDOS_CORE_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct kidos_thread {
	pthread_t id;
	bool running;
	int stop; /* readable once the thread is to end; wait for it with poll or epoll */
	atomic_bool stopping; /* the same for loops that do not wait */
};

#define KIDOS_NO_THREAD    \
	{                  \
		.stop = -1 \
	}

/* name: up to 15 characters. 0 or -errno; stop it either way. */
int kidos_thread_start(struct kidos_thread *thread, const char *name, void *(*run)(void *),
		       void *context);

/* Makes `stop` before the thread runs, for one that watches it from the start. 0 or -errno. */
int kidos_thread_prepare(struct kidos_thread *thread);

/*
 * Wakes and joins. patience_s 0: waits as long as it takes. Returns false when
 * the thread did not end within patience_s seconds; it still uses what it was
 * given then. Accepts a thread that never ran.
 */
bool kidos_thread_stop(struct kidos_thread *thread, unsigned int patience_s);

#endif
