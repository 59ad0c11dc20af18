/* SPDX-License-Identifier: MIT */
#include "capture/folder.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATTERN "kidos-*.pcapng"

static int check(int fd, const char *path, char reason[KIDOS_REASON])
{
	struct stat stat;

	if (fstat(fd, &stat)) {
		snprintf(reason, KIDOS_REASON, "%.150s: %s", path, strerror(errno));
		return -errno;
	}
	if (stat.st_uid != geteuid()) {
		snprintf(reason, KIDOS_REASON, "%.150s belongs to user %u, not to user %u", path,
			 stat.st_uid, geteuid());
		return -EPERM;
	}
	if (stat.st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(reason, KIDOS_REASON, "others may change what is in %.150s (mode %04o)",
			 path, stat.st_mode & 07777);
		return -EPERM;
	}
	return 0;
}

int kidos_folder_open(const char *path, char reason[KIDOS_REASON])
{
	_cleanup_fd_ int fd = -1;
	int error;

	if (mkdir(path, 0750) && errno != EEXIST) {
		snprintf(reason, KIDOS_REASON, "%.150s cannot be made: %s", path, strerror(errno));
		return -errno;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		error = -errno;
		snprintf(reason, KIDOS_REASON, "%.150s: %s", path,
			 error == -ENOTDIR || error == -ELOOP ? "not a folder" : strerror(-error));
		return error;
	}
	error = check(fd, path, reason);
	return error ? error : KN_TAKE_FD(fd);
}

void kidos_folder_name(char name[KIDOS_FOLDER_NAME], uint64_t realtime_ns, uint64_t capture,
		       unsigned int file)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000u);
	char moment[20];
	struct tm utc;

	gmtime_r(&seconds, &utc);
	strftime(moment, sizeof(moment), "%Y%m%dT%H%M%SZ", &utc);
	snprintf(name, KIDOS_FOLDER_NAME, "kidos-%s-%" PRIu64 "-%u.pcapng", moment, capture, file);
}

int kidos_folder_create(int folder, const char *name)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

struct oldest {
	char name[KIDOS_FOLDER_NAME];
	struct timespec time;
	uint64_t size;
};

static bool is_older(const struct timespec *time, const struct timespec *than)
{
	return time->tv_sec < than->tv_sec ||
	       (time->tv_sec == than->tv_sec && time->tv_nsec < than->tv_nsec);
}

static void consider(struct oldest *oldest, const char *name, const struct stat *stat)
{
	if (*oldest->name && !is_older(&stat->st_mtim, &oldest->time))
		return;
	snprintf(oldest->name, sizeof(oldest->name), "%s", name);
	oldest->time = stat->st_mtim;
	oldest->size = (uint64_t)stat->st_size;
}

/* Adds up the captures, and finds the oldest of those that may go. 0 or -errno. */
static int survey(int folder, bool (*kept)(void *context, const char *name), void *context,
		  uint64_t *total, struct oldest *oldest)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	struct stat stat;

	if (!dir) {
		kn_close_fd(&copy);
		return -errno;
	}
	*total = 0;
	*oldest->name = '\0';
	while ((entry = readdir(dir))) {
		if (fnmatch(PATTERN, entry->d_name, 0) ||
		    strlen(entry->d_name) >= KIDOS_FOLDER_NAME ||
		    fstatat(folder, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(stat.st_mode))
			continue;
		*total += (uint64_t)stat.st_size;
		if (!kept(context, entry->d_name))
			consider(oldest, entry->d_name, &stat);
	}
	return 0;
}

int kidos_folder_trim(int folder, uint64_t limit, uint64_t wanted,
		      bool (*kept)(void *context, const char *name), void *context)
{
	struct oldest oldest;
	uint64_t total;
	int error = survey(folder, kept, context, &total, &oldest);

	while (!error && total + wanted > limit) {
		if (!*oldest.name)
			return -ENOSPC;
		if (unlinkat(folder, oldest.name, 0) && errno != ENOENT)
			return -errno;
		error = survey(folder, kept, context, &total, &oldest);
	}
	return error;
}
