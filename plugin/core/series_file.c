/* SPDX-License-Identifier: MIT */
/* series_file.c: the names of series in a file that nobody else may have put there. */
#include "series_names.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST (16 << 20) /* bytes; 10,000 names take less than 8 MiB */
#define TEMPORARY KIDOS_NAMES_FILE ".new"

/* A regular file that only its owner, who is us, may write. */
static int check_file(int fd)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return -errno;
	if (!S_ISREG(stat.st_mode) || stat.st_uid != geteuid() ||
	    stat.st_mode & (S_IWGRP | S_IWOTH) || stat.st_nlink != 1 || stat.st_size > LARGEST)
		return -EPERM;
	return 0;
}

static int open_checked(const char *folder)
{
	int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, error;

	if (directory < 0)
		return -errno;
	fd = openat(directory, KIDOS_NAMES_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	error = fd < 0 ? -errno : check_file(fd);
	close(directory);
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return error == -ELOOP ? -EPERM : error;
}

int kidos_names_load(struct kidos_names *names, const char *folder, uint64_t now)
{
	int fd = open_checked(folder);
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	FILE *file;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while ((length = getline(&line, &room, file)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		kidos_names_add_line(names, line, now);
	}
	free(line);
	fclose(file);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct kidos_name *const *left = a, *const *right = b;

	return ((*left)->seen < (*right)->seen) - ((*left)->seen > (*right)->seen);
}

/* The newest first: a smaller MaxFlowSeries then keeps those. */
static int write_names(const struct kidos_names *names, FILE *file)
{
	const struct kidos_name **order = calloc(names->count + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < names->count; i++)
		order[i] = &names->items[i];
	qsort(order, names->count, sizeof(*order), newest_first);
	for (size_t i = 0; i < names->count; i++)
		fprintf(file, "%" PRIu64 " %s\n", order[i]->seen, order[i]->text);
	free(order);
	errno = 0;
	return fflush(file) || ferror(file) || fsync(fileno(file)) ? (errno ? -errno : -EIO) : 0;
}

static int write_new(const struct kidos_names *names, int directory)
{
	int fd, error;
	FILE *file;

	unlinkat(directory, TEMPORARY, 0); /* of a former process that was killed */
	fd = openat(directory, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0640);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	error = write_names(names, file);
	if (fclose(file) && !error)
		error = -errno;
	return error;
}

int kidos_names_save(struct kidos_names *names, const char *folder)
{
	int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (directory < 0)
		return -errno;
	error = write_new(names, directory);
	if (!error && renameat(directory, TEMPORARY, directory, KIDOS_NAMES_FILE))
		error = -errno;
	if (error)
		unlinkat(directory, TEMPORARY, 0);
	else
		names->changed = false;
	close(directory);
	return error;
}
