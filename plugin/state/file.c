/* SPDX-License-Identifier: MIT */
#include "state/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A regular file that only its owner, who is us, may write. */
static int check_file(int fd, off_t largest)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return -errno;
	if (!S_ISREG(stat.st_mode) || stat.st_uid != geteuid() ||
	    stat.st_mode & (S_IWGRP | S_IWOTH) || stat.st_nlink != 1 || stat.st_size > largest)
		return -EPERM;
	return 0;
}

static int open_checked(const char *folder, const char *name, off_t largest)
{
	int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, error;

	if (directory < 0)
		return -errno;
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	error = fd < 0 ? -errno : check_file(fd, largest);
	close(directory);
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return error == -ELOOP ? -EPERM : error;
}

const char *kidos_file_fault(int error)
{
	switch (error) {
	case -EPERM:
		return "not a file that only we may write";
	case -EBADMSG:
		return "not as kidos writes it";
	default:
		return strerror(-error);
	}
}

int kidos_file_open(const char *folder, const char *name, off_t largest, FILE **file)
{
	int fd = open_checked(folder, name, largest);

	*file = NULL;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	*file = fdopen(fd, "r");
	if (*file)
		return 0;
	close(fd);
	return -ENOMEM;
}

static int make(int directory, const char *name, int (*write)(const void *context, FILE *file),
		const void *context)
{
	int fd, error;
	FILE *file;

	unlinkat(directory, name, 0); /* of a former process that was killed */
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	error = write(context, file);
	errno = 0;
	if (!error && (fflush(file) || ferror(file) || fsync(fileno(file))))
		error = errno ? -errno : -EIO;
	if (fclose(file) && !error)
		error = -errno;
	return error;
}

int kidos_file_replace(const char *folder, const char *name,
		       int (*write)(const void *context, FILE *file), const void *context)
{
	int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;
	char temporary[64];

	if (directory < 0)
		return -errno;
	snprintf(temporary, sizeof(temporary), "%s.new", name);
	error = make(directory, temporary, write, context);
	if (!error && renameat(directory, temporary, directory, name))
		error = -errno;
	if (error)
		unlinkat(directory, temporary, 0);
	close(directory);
	return error;
}
