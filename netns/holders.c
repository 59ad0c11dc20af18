/* SPDX-License-Identifier: MIT */
#include "cleanup.h"
#include "namespace.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(sizeof(KN_NETNS_DIR) == 11, "the length compared below");

static bool same_namespace(int dir, const char *name, const struct stat *ns)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 && st.st_dev == ns->st_dev &&
	       st.st_ino == ns->st_ino;
}

/* Only what reads like a namespace is looked at closer: a stat of any odd file may hang (NFS). */
static bool reads_like_namespace(int dir, const char *name)
{
	char link[256];
	ssize_t len = readlinkat(dir, name, link, sizeof(link) - 1);

	if (len < 0)
		return false;
	link[len] = '\0';
	return strncmp(link, "net:[", 5) == 0 || strncmp(link, KN_NETNS_DIR "/", 11) == 0;
}

static bool holds_descriptor(int proc, const struct stat *ns)
{
	int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *fds = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!fds && fd >= 0)
		close(fd);
	while (fds && (entry = readdir(fds)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    reads_like_namespace(dirfd(fds), entry->d_name) &&
		    same_namespace(dirfd(fds), entry->d_name, ns))
			return true;
	return false;
}

static void add_name(int proc, const char *pid, char *buf, size_t size)
{
	char comm[32] = "?";
	size_t used = strlen(buf);
	_cleanup_fd_ int fd = openat(proc, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, comm, sizeof(comm) - 1);

	if (len > 0)
		comm[len] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	/* A process chooses its own name: nothing in it may steer a terminal. */
	for (char *c = comm; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	if (used + sizeof(comm) + 24 < size)
		snprintf(buf + used, size - used, "%spid %s (%s)", used ? ", " : "", pid, comm);
}

unsigned int kn_namespace_holders(int ns_fd, char *buf, size_t size)
{
	_cleanup_dir_ DIR *procs = opendir("/proc");
	unsigned int holders = 0;
	struct dirent *entry;
	struct stat ns;

	buf[0] = '\0';
	if (!procs || fstat(ns_fd, &ns) < 0)
		return 0;
	while ((entry = readdir(procs))) {
		_cleanup_fd_ int proc = -1;

		if (!isdigit((unsigned char)entry->d_name[0]) || atol(entry->d_name) == getpid())
			continue;
		proc = openat(dirfd(procs), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (proc < 0)
			continue;
		if (same_namespace(proc, "ns/net", &ns) || holds_descriptor(proc, &ns)) {
			holders++;
			add_name(proc, entry->d_name, buf, size);
		}
	}
	return holders;
}
