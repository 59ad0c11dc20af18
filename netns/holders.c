/* SPDX-License-Identifier: MIT */
#include "namespace.h"
#include "netlink/cleanup.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(sizeof(KN_NETNS_DIR) == 11, "the length compared below");

/* stat() of an arbitrary file may hang (NFS), so links that do not name a namespace are skipped. */
static bool reads_like_namespace(int dir, const char *name)
{
	char link[256];
	ssize_t len = readlinkat(dir, name, link, sizeof(link) - 1);

	if (len < 0)
		return false;
	link[len] = '\0';
	return strncmp(link, "net:[", 5) == 0 || strncmp(link, KN_NETNS_DIR "/", 11) == 0;
}

static void add(struct kn_holders *holders, int dir, const char *name, int pid)
{
	struct kn_holder *more;
	struct stat st;

	if (fstatat(dir, name, &st, 0) < 0)
		return;
	more = realloc(holders->list, (holders->n + 1) * sizeof(*more));
	if (!more)
		return;
	holders->list = more;
	more[holders->n++] = (struct kn_holder){ st.st_dev, st.st_ino, pid };
}

static void add_descriptors(struct kn_holders *holders, int proc, int pid)
{
	int fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *fds = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!fds && fd >= 0)
		close(fd);
	while (fds && (entry = readdir(fds)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    reads_like_namespace(dirfd(fds), entry->d_name))
			add(holders, dirfd(fds), entry->d_name, pid);
}

void kn_holders_scan(struct kn_holders *holders)
{
	_cleanup_dir_ DIR *procs = opendir("/proc");
	struct dirent *entry;

	*holders = (struct kn_holders){ .scanned = true };
	while (procs && (entry = readdir(procs))) {
		_cleanup_fd_ int proc = -1;
		int pid = atoi(entry->d_name);

		if (pid <= 0 || pid == getpid())
			continue;
		proc = openat(dirfd(procs), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (proc < 0)
			continue;
		add(holders, proc, "ns/net", pid);
		add_descriptors(holders, proc, pid);
	}
}

static void add_name(int pid, char *buf, size_t size)
{
	char path[64], comm[32] = "?";
	size_t used = strlen(buf);
	_cleanup_fd_ int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, comm, sizeof(comm) - 1);
	if (len > 0)
		comm[len] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	/* A process chooses its own name, so control characters are removed before it is printed.
	 */
	for (char *c = comm; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	if (used + sizeof(comm) + 24 < size)
		snprintf(buf + used, size - used, "%spid %d (%s)", used ? ", " : "", pid, comm);
}

unsigned int kn_holders_of(const struct kn_holders *holders, int ns_fd, char *buf, size_t size)
{
	unsigned int count = 0;
	struct stat ns;
	int last = 0;

	buf[0] = '\0';
	if (fstat(ns_fd, &ns) < 0)
		return 0;
	for (size_t i = 0; i < holders->n; i++) {
		const struct kn_holder *holder = &holders->list[i];

		if (holder->dev != ns.st_dev || holder->ino != ns.st_ino || holder->pid == last)
			continue;
		last = holder->pid; /* a process's entries lie together */
		count++;
		add_name(last, buf, size);
	}
	return count;
}
