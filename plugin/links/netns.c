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

/* -ENOENT also for the plain file that stands there while `ip netns add` is at work. */
static int netns_open(const char *name)
{
	char path[sizeof(KIDOS_NETNS_DIR) + 256];
	struct statfs fs;
	int fd;

	snprintf(path, sizeof(path), KIDOS_NETNS_DIR "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstatfs(fd, &fs) && fs.f_type == NSFS_MAGIC)
		return fd;
	close(fd);
	return -ENOENT;
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

unsigned long kidos_netns_inode(const char *name)
{
	struct stat st;
	int fd = *name ? netns_open(name) : open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	unsigned long inode = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &st))
		inode = st.st_ino;
	close(fd);
	return inode;
}
