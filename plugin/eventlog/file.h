/* SPDX-License-Identifier: MIT */
/*
 * file.h: the file of the event log: opened so that nobody else can have put
 * it there, whole after a kill, rotated by itself or by logrotate.
 */
#ifndef KIDOS_EVENTLOG_FILE_H
#define KIDOS_EVENTLOG_FILE_H

#include "eventlog/settings.h"

#include <sys/types.h>

#define KIDOS_LOG_WRITE (256u * 1024u) /* bytes of rows in one write, at most */

struct kidos_log_file {
	const struct kidos_log_settings *settings;
	int directory, fd; /* -1: not open */
	dev_t device;
	ino_t inode;
	char reason[KIDOS_REASON]; /* of the last error */
};

void kidos_log_file_init(struct kidos_log_file *file, const struct kidos_log_settings *settings);
void kidos_log_file_close(struct kidos_log_file *file);

/*
 * Opens what is not open, and again where the name is another file's by now
 * (logrotate's rename). 0, or -errno with a reason.
 */
int kidos_log_file_open(struct kidos_log_file *file);

/*
 * Writes rows as kidos_log_format made them, KIDOS_LOG_WRITE bytes at most,
 * to the file that is open. *written: bytes that are whole rows in the file;
 * all, or the rows before an error. 0, or -errno with a reason.
 */
int kidos_log_file_write(struct kidos_log_file *file, const char *rows, size_t length,
			 size_t *written);

/* Removes files with a number that are older than KeepDays, and more than MaxFiles. */
void kidos_log_file_expire(const struct kidos_log_file *file);

#endif
