/* SPDX-License-Identifier: MIT */
#include "core/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#define SELECTED 1024 /* FD_SETSIZE */

static struct rlimit before; /* rlim_max 0: it was not raised */

/* In the child of a fork, which execs next. */
static void restore(void)
{
	if (before.rlim_max)
		setrlimit(RLIMIT_NOFILE, &before);
}

static unsigned int count_open(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count;
}

int kidos_descriptors_plan(unsigned int more)
{
	struct rlimit now, wanted;

	if (getrlimit(RLIMIT_NOFILE, &now))
		return -errno;
	more += count_open();
	if (now.rlim_cur >= more)
		return 0;
	wanted = now;
	wanted.rlim_cur = now.rlim_max < SELECTED + more ? now.rlim_max : SELECTED + more;
	if (wanted.rlim_cur < more)
		return -EMFILE;
	if (!before.rlim_max && pthread_atfork(NULL, NULL, restore))
		return -ENOMEM;
	if (setrlimit(RLIMIT_NOFILE, &wanted))
		return -errno;
	if (!before.rlim_max)
		before = now;
	return 0;
}

int kidos_descriptor_up(int fd)
{
	int up = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, SELECTED);

	if (up < 0)
		return fd;
	close(fd);
	return up;
}
