/* SPDX-License-Identifier: MIT */
#include "links/netns.h"
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATH_SIZE (sizeof(KIDOS_NETNS_DIR) + 256)

/* A plain file stands there while `ip netns add` is at work. */
static int check_kind(int error, const struct statfs *fs)
{
	if (error)
		return -errno;
	return fs->f_type == NSFS_MAGIC ? 0 : -ENOENT;
}

static const char *path_of(const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, KIDOS_NETNS_DIR "/%s", name);
	return path;
}

static int netns_open(const char *name)
{
	char path[PATH_SIZE];
	int fd = open(path_of(name, path), O_RDONLY | O_CLOEXEC), error;
	struct statfs fs;

	if (fd < 0)
		return -errno;
	error = check_kind(fstatfs(fd, &fs), &fs);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int kidos_netns_enter(const char *name, struct kidos_netns_visit *visit)
{
	int fd, error = 0;

	visit->home = -1;
	if (!*name)
		return 0;
	fd = netns_open(name);
	if (fd < 0)
		return fd;
	visit->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (visit->home < 0 || setns(fd, CLONE_NEWNET)) {
		error = -errno;
		if (visit->home >= 0)
			close(visit->home);
		visit->home = -1;
	}
	close(fd);
	return error;
}

void kidos_netns_leave(struct kidos_netns_visit *visit)
{
	if (visit->home < 0)
		return;
	if (setns(visit->home, CLONE_NEWNET))
		kidos_log(LOG_ERR, "return to the first network namespace: %s", strerror(errno));
	close(visit->home);
	visit->home = -1;
}

int kidos_netns_inode(const char *name, unsigned long *inode)
{
	char named[PATH_SIZE];
	const char *path = *name ? path_of(name, named) : "/proc/self/ns/net";
	struct statfs fs;
	struct stat st;
	int error = check_kind(statfs(path, &fs), &fs);

	if (!error && stat(path, &st))
		error = -errno;
	if (!error)
		*inode = st.st_ino;
	return error;
}

bool kidos_netns_is(const char *name, unsigned long inode)
{
	unsigned long now;

	return !kidos_netns_inode(name, &now) && now == inode;
}
