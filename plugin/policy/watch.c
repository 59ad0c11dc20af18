/* SPDX-License-Identifier: MIT */
#include "policy/watch.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#define PERIOD_MS 1000

void kidos_file_stamp(const char *path, struct kidos_file_stamp *stamp)
{
	struct stat now;

	memset(stamp, 0, sizeof(*stamp)); /* compared as bytes */
	if (stat(path, &now))
		return;
	stamp->inode = now.st_ino;
	stamp->device = now.st_dev;
	stamp->size = now.st_size;
	stamp->changed_ns = now.st_ctim.tv_sec * 1000000000ll + now.st_ctim.tv_nsec;
}

static bool are_same(const struct kidos_file_stamp *one, const struct kidos_file_stamp *other)
{
	return !memcmp(one, other, sizeof(*one));
}

/* One that is gone keeps the policy: whoever replaces a file may take it away first. */
static void check(struct kidos_file_watch *watch)
{
	struct kidos_file_stamp now;
	bool still;

	kidos_file_stamp(watch->path, &now);
	still = are_same(&now, &watch->seen);
	watch->seen = now;
	if (!still || !now.changed_ns || are_same(&now, &watch->loaded))
		return;
	watch->loaded = now;
	watch->changed(watch->self);
}

static void *run(void *context)
{
	struct kidos_file_watch *watch = context;
	struct pollfd stop = { .fd = watch->thread.stop, .events = POLLIN };

	while (!poll(&stop, 1, PERIOD_MS) && !atomic_load(&watch->thread.stopping))
		check(watch);
	return NULL;
}

int kidos_file_watch_start(struct kidos_file_watch *watch, const char *path,
			   const struct kidos_file_stamp *loaded, void (*changed)(void *self),
			   void *self)
{
	*watch = (struct kidos_file_watch){ .thread = KIDOS_NO_THREAD,
					    .path = path,
					    .loaded = *loaded,
					    .seen = *loaded,
					    .changed = changed,
					    .self = self };
	return kidos_thread_start(&watch->thread, "kidos policy", run, watch);
}

void kidos_file_watch_stop(struct kidos_file_watch *watch)
{
	if (watch->path)
		kidos_thread_stop(&watch->thread, 0);
	watch->path = NULL;
}
