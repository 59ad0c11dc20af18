/* SPDX-License-Identifier: MIT */
#include "state/trust.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static int read_stat(int fd, const char *path, struct stat *stat, char reason[KIDOS_REASON])
{
	if (!fstat(fd, stat))
		return 0;
	snprintf(reason, KIDOS_REASON, "%s: %s", path, strerror(errno));
	return -errno;
}

int kidos_trust_parent(int fd, const char *path, char reason[KIDOS_REASON])
{
	struct stat stat;
	int error = read_stat(fd, path, &stat, reason);

	if (error)
		return error;
	if (stat.st_uid && stat.st_uid != geteuid()) {
		snprintf(reason, KIDOS_REASON,
			 "%.80s belongs to user %u, who may replace what is in it: chown %u %.80s",
			 path, stat.st_uid, geteuid(), path);
		return -EPERM;
	}
	if (stat.st_mode & OTHERS_WRITE && !(stat.st_mode & S_ISVTX)) {
		snprintf(reason, KIDOS_REASON,
			 "others may replace what is in %.80s (mode %04o): chmod 755 %.80s, "
			 "or mount it with mode=0755",
			 path, stat.st_mode & 07777, path);
		return -EPERM;
	}
	return 0;
}

int kidos_trust_directory(int fd, const char *path, char reason[KIDOS_REASON])
{
	struct stat stat;
	int error = read_stat(fd, path, &stat, reason);

	if (error)
		return error;
	if (stat.st_uid != geteuid()) {
		snprintf(reason, KIDOS_REASON,
			 "%.80s belongs to user %u, not to user %u: remove it, and mount the bpf "
			 "file system with mode=0755 so that others cannot make it",
			 path, stat.st_uid, geteuid());
		return -EPERM;
	}
	if (stat.st_mode & OTHERS_WRITE) {
		snprintf(reason, KIDOS_REASON,
			 "others may change what is in %.80s (mode %04o): remove it", path,
			 stat.st_mode & 07777);
		return -EPERM;
	}
	return 0;
}

/* The process that has it; 0 for one that cannot be seen from this PID namespace. */
static unsigned int find_holder(const struct stat *locked)
{
	_cleanup_file_ FILE *locks = fopen("/proc/locks", "re");
	unsigned int pid, major, minor;
	unsigned long inode;
	char line[256];

	while (locks && fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*d: FLOCK %*s %*s %u %x:%x:%lu", &pid, &major, &minor, &inode) ==
			    4 &&
		    makedev(major, minor) == locked->st_dev && inode == locked->st_ino)
			return pid;
	return 0;
}

int kidos_trust_holder(int fd, const char *path, char reason[KIDOS_REASON])
{
	struct stat locked, holder;
	int error = read_stat(fd, path, &locked, reason);
	unsigned int pid = error ? 0 : find_holder(&locked);
	char process[32];

	if (error)
		return error;
	snprintf(process, sizeof(process), "/proc/%u", pid);
	if (pid && !stat(process, &holder) && holder.st_uid && holder.st_uid != geteuid()) {
		snprintf(reason, KIDOS_REASON, "%.100s is locked by process %u of user %u", path,
			 pid, holder.st_uid);
		return -EPERM;
	}
	if (pid)
		snprintf(reason, KIDOS_REASON, "%.100s is in use by process %u", path, pid);
	else
		snprintf(reason, KIDOS_REASON,
			 "%.100s is in use by a process that cannot be seen from here", path);
	return pid ? -EBUSY : -EAGAIN;
}
