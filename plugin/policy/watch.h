/* SPDX-License-Identifier: MIT */
/* watch.h: a thread that notices when the policy's file has changed. */
#ifndef KIDOS_POLICY_WATCH_H
#define KIDOS_POLICY_WATCH_H

#include "core/thread.h"

#include <stdint.h>
#include <sys/types.h>

/* What a file is told from its former self by. */
struct kidos_file_stamp {
	ino_t inode;
	dev_t device;
	off_t size;
	int64_t changed_ns; /* 0: there is no file */
};

struct kidos_file_watch {
	struct kidos_thread thread;
	const char *path;
	struct kidos_file_stamp loaded, seen; /* seen: a second ago */
	void (*changed)(void *self); /* in the thread */
	void *self;
};

void kidos_file_stamp(const char *path, struct kidos_file_stamp *stamp);

/* loaded: of the file before it was read. Each change is told once the file has been still for a
 * second. 0 or -errno. */
int kidos_file_watch_start(struct kidos_file_watch *watch, const char *path,
			   const struct kidos_file_stamp *loaded, void (*changed)(void *self),
			   void *self);
void kidos_file_watch_stop(struct kidos_file_watch *watch);

#endif
