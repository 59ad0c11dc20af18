/* SPDX-License-Identifier: MIT */
#include "connects/cgroups.h"
#include "core/cgroup_root.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h */

static ssize_t path_of(int fd, char path[PATH_MAX])
{
	char link[32];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, PATH_MAX - 1);
	if (length >= 0)
		path[length] = '\0';
	return length;
}

void kidos_connect_cgroups_open(struct kidos_connect_cgroups *cgroups, int map)
{
	*cgroups = (struct kidos_connect_cgroups){ .map = map, .root = kidos_cgroup_root() };
	if (cgroups->root >= 0 && path_of(cgroups->root, cgroups->point) < 0)
		*cgroups->point = '\0';
}

void kidos_connect_cgroups_close(struct kidos_connect_cgroups *cgroups)
{
	if (cgroups->root >= 0)
		close(cgroups->root);
	cgroups->root = -1;
}

/* A group's id is its inode, which is all of the file handle. */
static int open_group(const struct kidos_connect_cgroups *cgroups, __u64 id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(__u64)];
	} group = { .handle = { .handle_bytes = sizeof(__u64), .handle_type = FILEID_KERNFS } };
	int fd;

	memcpy(group.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(cgroups->root, &group.handle, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ESTALE ? -ENOENT : -errno;
}

/* The end of a path says more than its beginning. */
static void take_path(const char *path, struct kidos_connect_cgroup *group)
{
	size_t length = strlen(path), room = sizeof(group->path) - 1;

	memset(group, 0, sizeof(*group));
	strcpy(group->path, path + (length > room ? length - room : 0));
}

/* "/sys/fs/cgroup/a" at "/sys/fs/cgroup" is "/a". */
static int read_path(const struct kidos_connect_cgroups *cgroups, int fd,
		     struct kidos_connect_cgroup *group)
{
	size_t point = strlen(cgroups->point);
	char path[PATH_MAX];

	if (path_of(fd, path) < 0)
		return -errno;
	if (strncmp(path, cgroups->point, point) || (path[point] && path[point] != '/'))
		return -ENOENT;
	take_path(path[point] ? path + point : "/", group);
	return 0;
}

static int find_path(const struct kidos_connect_cgroups *cgroups, __u64 id,
		     struct kidos_connect_cgroup *group)
{
	_cleanup_fd_ int fd = cgroups->root < 0 ? -ENOENT : open_group(cgroups, id);

	return fd < 0 ? fd : read_path(cgroups, fd, group);
}

int kidos_connect_cgroup_path(struct kidos_connect_cgroups *cgroups, __u64 id,
			      struct kidos_connect_cgroup *group)
{
	int error;

	if (cgroups->map >= 0 && !bpf_map_lookup_elem(cgroups->map, &id, group)) {
		group->path[sizeof(group->path) - 1] = '\0';
		return 0;
	}
	error = find_path(cgroups, id, group);
	if (!error && cgroups->map >= 0)
		bpf_map_update_elem(cgroups->map, &id, group, BPF_ANY);
	if (error && error != -ENOENT)
		cgroups->error = error;
	return error;
}

void kidos_connect_cgroup_unit(struct kidos_connect_cgroups *cgroups, __u64 id,
			       char unit[KIDOS_CONNECT_UNIT])
{
	struct kidos_connect_cgroup group;

	*unit = '\0';
	if (id && !kidos_connect_cgroup_path(cgroups, id, &group))
		kidos_connect_unit_of(group.path, unit);
}
