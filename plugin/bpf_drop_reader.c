/* SPDX-License-Identifier: MIT */
#include "bpf_drop_reader.h"
#include "bpf_maps.h"
#include "bpf_view.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int info_of(int fd, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &size) ? -errno : 0;
}

/* A pin whose sizes are not those of this ABI would be read beyond its end. */
static int open_one(const char *path, const char *name, size_t key, size_t value)
{
	int fd = kidos_map_open_to_read(path, name), error;
	struct bpf_map_info info;

	if (fd < 0)
		return fd;
	error = info_of(fd, &info);
	if (!error && (info.key_size != key || info.value_size != value))
		error = -EPROTO;
	if (!error)
		return fd;
	close(fd);
	return error;
}

static int read_state(struct kidos_drop_reader *maps, const char *path)
{
	int fd = open_one(path, "drop_state", sizeof(__u32), sizeof(maps->state)), error = 0;
	__u32 zero = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_map_lookup_elem(fd, &zero, &maps->state))
		error = -errno;
	close(fd);
	maps->state.rung[sizeof(maps->state.rung) - 1] = '\0';
	maps->state.blind[sizeof(maps->state.blind) - 1] = '\0';
	return error;
}

int kidos_drop_reader_open(struct kidos_drop_reader *maps, const char *path)
{
	int error;

	*maps = (struct kidos_drop_reader)KIDOS_DROP_READER_NONE;
	error = read_state(maps, path);
	if (error)
		return error;
	maps->counts = open_one(path, "drop_counts", sizeof(struct kidos_drop_key), sizeof(__u64));
	maps->other = open_one(path, "drop_other", sizeof(__u32), sizeof(__u64));
	maps->records =
		open_one(path, "drop_records", sizeof(__u32), sizeof(struct kidos_drop_record));
	if (maps->counts < 0)
		return maps->counts;
	if (maps->other < 0 && maps->other != -ENOENT)
		return maps->other;
	return maps->records < 0 && maps->records != -ENOENT ? maps->records : 0;
}

void kidos_drop_reader_close(struct kidos_drop_reader *maps)
{
	const int fds[] = { maps->counts, maps->other, maps->records };

	if (maps->rings)
		munmap((void *)(uintptr_t)maps->rings, maps->records_total * sizeof(*maps->rings));
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*maps = (struct kidos_drop_reader)KIDOS_DROP_READER_NONE;
}

struct walk {
	struct kidos_drop_key *keys;
	__u64 *counts;
	__u32 room;
	bool (*each)(const struct kidos_drop_key *key, uint64_t count, void *context);
	void *context;
};

/* A look-up of all at once: one by one, a key that goes away under way would start it anew. */
static int walk_counts(int fd, const struct walk *walk)
{
	__u32 batch, got;
	bool first = true, more = true;

	while (more) {
		got = walk->room;
		more = !bpf_map_lookup_batch(fd, first ? NULL : &batch, &batch, walk->keys,
					     walk->counts, &got, NULL);
		if (!more && errno != ENOENT)
			return -errno;
		for (__u32 i = 0; i < got; i++)
			if (!walk->each(&walk->keys[i], walk->counts[i], walk->context))
				return 0;
		first = false;
	}
	return 0;
}

int kidos_drop_each_count(const struct kidos_drop_reader *maps,
			  bool (*each)(const struct kidos_drop_key *key, uint64_t count,
				       void *context),
			  void *context)
{
	struct walk walk = { .each = each, .context = context };
	struct bpf_map_info info;
	int error = info_of(maps->counts, &info);

	if (error)
		return error;
	walk.room = info.max_entries;
	walk.keys = calloc(walk.room, sizeof(*walk.keys));
	walk.counts = calloc(walk.room, sizeof(*walk.counts));
	error = walk.keys && walk.counts ? walk_counts(maps->counts, &walk) : -ENOMEM;
	free(walk.keys);
	free(walk.counts);
	return error;
}

int kidos_drop_other(const struct kidos_drop_reader *maps, uint64_t other[KIDOS_CLASSES])
{
	__u64 count;

	memset(other, 0, KIDOS_CLASSES * sizeof(*other));
	for (__u32 i = 0; maps->other >= 0 && i < KIDOS_CLASSES; i++) {
		if (bpf_map_lookup_elem(maps->other, &i, &count))
			return -errno;
		other[i] = count;
	}
	return 0;
}

/* Two copies that are not the same: the record was written meanwhile. */
static void settle(void *first, const void *second)
{
	if (memcmp(first, second, sizeof(struct kidos_drop_record)))
		memset(first, 0, sizeof(struct kidos_drop_record));
}

int kidos_drop_reader_rings(struct kidos_drop_reader *maps)
{
	struct bpf_map_info info;
	int error;

	if (maps->records < 0)
		return 0;
	error = info_of(maps->records, &info);
	if (!error)
		error = kidos_view(maps->records, info.max_entries, sizeof(*maps->rings), settle,
				   (const void **)&maps->rings);
	if (!error)
		maps->records_total = info.max_entries;
	return error;
}
