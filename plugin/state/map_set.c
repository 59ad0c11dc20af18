/* SPDX-License-Identifier: MIT */
#include "state/map_set.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int kidos_map_set_create(const struct kidos_map_set *set, int *fd, __u32 entries)
{
	char name[BPF_OBJ_NAME_LEN];

	for (size_t i = 0; i < set->count; i++) {
		const struct kidos_map_row *row = &set->rows[i];
		LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = row->flags);

		if (!row->type || fd[i] >= 0)
			continue;
		snprintf(name, sizeof(name), "kidos_%.9s", row->name);
		fd[i] = bpf_map_create(row->type, name, row->key, row->value,
				       row->entries ? row->entries : entries, &options);
		if (fd[i] < 0) {
			fd[i] = -1;
			return -errno;
		}
	}
	return 0;
}

int kidos_map_set_give(const struct kidos_map_set *set, const int *fd, struct bpf_object *object)
{
	int error = 0;

	for (size_t i = 0; !error && i < set->count; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, set->rows[i].name);

		if (map && fd[i] >= 0)
			error = bpf_map__reuse_fd(map, fd[i]);
	}
	return error;
}

int kidos_map_set_take(const struct kidos_map_set *set, int *fd, const struct bpf_object *object)
{
	for (size_t i = 0; i < set->count; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, set->rows[i].name);

		/* One that was not made has none. */
		if (!map || fd[i] >= 0 || bpf_map__fd(map) < 0)
			continue;
		fd[i] = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 3);
		if (fd[i] < 0)
			return -errno;
	}
	return 0;
}

static int open_pin(const char *path, const char *name, __u32 flags)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = flags);
	char pin[PATH_MAX + 32];
	int fd;

	snprintf(pin, sizeof(pin), "%s/%s", path, name);
	fd = bpf_obj_get_opts(pin, &opts);
	return fd < 0 ? -errno : fd;
}

/* A look-up in a map of other sizes would run over the end of our value. */
static int check_sizes(const struct kidos_map_row *row, int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (!row->value)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	if (info.key_size != row->key || info.value_size != row->value)
		return -EPROTO;
	return row->entries && info.max_entries != row->entries ? -EPROTO : 0;
}

int kidos_map_open(const struct kidos_map_row *row, const char *path, enum kidos_map_access access)
{
	int fd = open_pin(path, row->name, 0), error;

	if ((fd == -EACCES || fd == -EPERM) && access == KIDOS_MAP_READ)
		fd = open_pin(path, row->name, BPF_F_RDONLY);
	if (fd < 0)
		return fd;
	error = check_sizes(row, fd);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int kidos_map_set_open(const struct kidos_map_set *set, int *fd, const char *path,
		       enum kidos_map_access access)
{
	int error = 0;

	for (size_t i = 0; i < set->count; i++) {
		fd[i] = error ? -ENOENT : kidos_map_open(&set->rows[i], path, access);
		if (fd[i] < 0 && fd[i] != -ENOENT)
			error = fd[i];
		if (fd[i] < 0)
			fd[i] = -1;
	}
	return error;
}

int kidos_map_read(int fd, unsigned int index, void *value)
{
	return bpf_map_lookup_elem(fd, &index, value) ? -errno : 0;
}

int kidos_map_write(int fd, unsigned int index, const void *value)
{
	return bpf_map_update_elem(fd, &index, value, BPF_ANY) ? -errno : 0;
}

void kidos_map_set_close(const struct kidos_map_set *set, int *fd)
{
	for (size_t i = 0; i < set->count; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}
