/* SPDX-License-Identifier: MIT */
/*
 * files.h: the files of one capture, one after the other. Whole blocks are written at once, so that
 * a file can be read at any moment; what does not fit on the disk is cut off again.
 */
#ifndef KIDOS_CAPTURE_FILES_H
#define KIDOS_CAPTURE_FILES_H

#include "capture/folder.h"

#include <pthread.h>

#define KIDOS_FILES_KEPT 1000 /* of one capture, at most */

/* The file that each capture is writing: none of them is removed for want of room. */
#define KIDOS_FILES_OPEN 16
struct kidos_files_names {
	pthread_mutex_t lock;
	struct {
		uint64_t capture; /* number; 0: none */
		char name[KIDOS_FOLDER_NAME];
	} open[KIDOS_FILES_OPEN];
};

/* What all captures have in common. */
struct kidos_files_rules {
	int folder;
	uint64_t folder_bytes; /* of all captures in it */
	uint64_t rotate_bytes; /* a file is not larger; 0: no limit */
	uint64_t rotate_ns; /* nor open for longer; 0: no limit */
	unsigned int kept; /* files of one capture: the oldest is removed for the next */
	struct kidos_files_names *names;
};

struct kidos_files {
	const struct kidos_files_rules *rules;
	uint64_t capture; /* number, in the names */
	unsigned int number; /* of the file, from 1 */
	int fd; /* -1: none */
	uint64_t size, since_ns; /* of the file; CLOCK_MONOTONIC */
	const char *head; /* every file begins with it */
	size_t head_size;
	char name[KIDOS_FOLDER_NAME];
	char (*names)[KIDOS_FOLDER_NAME]; /* those that are kept, by number % rules->kept */
};

/* head stays the caller's. Makes the first file. 0 or -errno; close it either way. */
int kidos_files_open(struct kidos_files *files, const struct kidos_files_rules *rules,
		     uint64_t capture, const char *head, size_t head_size);

/* Whole blocks, into the next file where this one is full or old. 0, or -errno without any of it.
 */
int kidos_files_write(struct kidos_files *files, const void *blocks, size_t size);

void kidos_files_close(struct kidos_files *files);

/* What a capture is writing, "" for nothing. Any thread. */
void kidos_files_name(struct kidos_files_names *names, uint64_t capture,
		      char name[KIDOS_FOLDER_NAME]);

#endif
