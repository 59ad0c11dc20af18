/* SPDX-License-Identifier: MIT */
/*
 * folder.h: the folder of captures. Nobody else may put anything into it, no link is followed, and
 * the names in it are made here: what comes from outside is in none of them.
 */
#ifndef KIDOS_CAPTURE_FOLDER_H
#define KIDOS_CAPTURE_FOLDER_H

#include "core/config.h"

#define KIDOS_FOLDER_NAME 64

/*
 * Opens the folder, and makes it (0750) where its parent has none. A descriptor, or -errno with a
 * reason: -EPERM where it is another user's, or others may write to it.
 */
int kidos_folder_open(const char *path, char reason[KIDOS_REASON]);

/* "kidos-20260102T030405Z-7-1.pcapng": a capture's number and a file's in it. */
void kidos_folder_name(char name[KIDOS_FOLDER_NAME], uint64_t realtime_ns, uint64_t capture,
		       unsigned int file);

/* A new file (0600) to be written, or -errno; -EEXIST whatever has this name already. */
int kidos_folder_create(int folder, const char *name);

/*
 * Removes the oldest captures until `wanted` more bytes fit into `limit`. kept: is the file to
 * stay? 0, or -ENOSPC when too little could go, or -errno.
 */
int kidos_folder_trim(int folder, uint64_t limit, uint64_t wanted,
		      bool (*kept)(void *context, const char *name), void *context);

#endif
