/* SPDX-License-Identifier: MIT */
/* trust.h: whether others could have put or changed what lies in the state directory. */
#ifndef KIDOS_STATE_TRUST_H
#define KIDOS_STATE_TRUST_H

#include "core/config.h"

/*
 * The directory that the state directory lies in, by descriptor: root's or
 * ours, and either sticky or written by its owner alone, or else others could
 * rename and remove what is ours. 0, or -errno with a reason.
 */
int kidos_trust_parent(int fd, const char *path, char reason[KIDOS_REASON]);

/* The state directory itself: ours, and written by nobody else. 0, or -errno with a reason. */
int kidos_trust_directory(int fd, const char *path, char reason[KIDOS_REASON]);

/*
 * Who holds the lock on it: -EBUSY where that may be another kidos, -EPERM
 * where it is a process of another user, which none of ours is; -EAGAIN where
 * it ends at this moment, or lives in another PID namespace.
 */
int kidos_trust_holder(int fd, const char *path, char reason[KIDOS_REASON]);

#endif
