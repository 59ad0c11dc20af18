/* SPDX-License-Identifier: MIT */
/*
 * file.h: small files in collectd's BaseDir that are remembered over
 * restarts, and that nobody else may have put there.
 */
#ifndef KIDOS_STATE_FILE_H
#define KIDOS_STATE_FILE_H

#include <stdio.h>

/*
 * Opens a file to be read. *file is NULL, and the result 0, when there is
 * none. -errno: -EPERM if it is not a regular file of ours, of largest bytes
 * at most, that only we may write.
 */
int kidos_file_open(const char *folder, const char *name, off_t largest, FILE **file);

/* In words, what is wrong with it; -EBADMSG is for who reads it. */
const char *kidos_file_fault(int error);

/*
 * Replaces a file as a whole by what write makes (it returns 0 or -errno), or
 * leaves it as it was. 0 or -errno.
 */
int kidos_file_replace(const char *folder, const char *name,
		       int (*write)(const void *context, FILE *file), const void *context);

#endif
