/* SPDX-License-Identifier: MIT */
#include "drops/maps_reader.h"
#include "drops/maps.h"
#include "state/maps.h"
#include "state/view.h"

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

static int open_one(const char *path, enum kidos_drop_map map)
{
	return kidos_map_open(&kidos_drop_map_set.rows[map], path, KIDOS_MAP_READ);
}

static int read_state(struct kidos_drop_reader *maps, const char *path)
{
	int fd = open_one(path, KIDOS_DROP_MAP_STATE);
	__u32 zero = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	maps->states = fd;
	if (bpf_map_lookup_elem(fd, &zero, &maps->state))
		return -errno;
	maps->state.rung[sizeof(maps->state.rung) - 1] = '\0';
	maps->state.blind[sizeof(maps->state.blind) - 1] = '\0';
	return 0;
}

uint64_t kidos_drop_reader_folds(const struct kidos_drop_reader *maps)
{
	struct kidos_drop_state state = {};
	__u32 zero = 0;

	if (maps->states >= 0)
		bpf_map_lookup_elem(maps->states, &zero, &state);
	return state.folds;
}

int kidos_drop_reader_open(struct kidos_drop_reader *maps, const char *path)
{
	int error;

	*maps = (struct kidos_drop_reader)KIDOS_DROP_READER_NONE;
	error = read_state(maps, path);
	if (error)
		return error;
	maps->counts = open_one(path, KIDOS_DROP_MAP_COUNTS);
	maps->other = open_one(path, KIDOS_DROP_MAP_OTHER);
	maps->records = open_one(path, KIDOS_DROP_MAP_RECORDS);
	maps->positions = open_one(path, KIDOS_DROP_MAP_POSITIONS);
	if (maps->counts < 0)
		return maps->counts;
	if (maps->other < 0 && maps->other != -ENOENT)
		return maps->other;
	if (maps->positions < 0 && maps->positions != -ENOENT)
		return maps->positions;
	return maps->records < 0 && maps->records != -ENOENT ? maps->records : 0;
}

void kidos_drop_reader_close(struct kidos_drop_reader *maps)
{
	const int fds[] = { maps->counts, maps->other, maps->records, maps->positions,
			    maps->states };

	if (maps->rings)
		munmap((void *)(uintptr_t)maps->rings, maps->records_total * sizeof(*maps->rings));
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*maps = (struct kidos_drop_reader)KIDOS_DROP_READER_NONE;
}

int kidos_drop_reader_recorded(const struct kidos_drop_reader *maps, uint64_t *records)
{
	unsigned int cpus = kidos_possible_cpus();
	struct kidos_drop_position *positions;
	__u32 zero = 0;
	int error = 0;

	*records = 0;
	if (maps->positions < 0)
		return maps->positions;
	positions = calloc(cpus, sizeof(*positions));
	if (!positions)
		return -ENOMEM;
	if (bpf_map_lookup_elem(maps->positions, &zero, positions))
		error = -errno;
	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		*records += positions[cpu].sequence;
	free(positions);
	return error;
}

int kidos_drop_reader_rings(struct kidos_drop_reader *maps)
{
	struct bpf_map_info info;
	int error;

	if (maps->records < 0)
		return 0;
	error = info_of(maps->records, &info);
	if (!error)
		error = kidos_view(maps->records, info.max_entries, sizeof(*maps->rings), NULL,
				   (const void **)&maps->rings);
	if (!error)
		maps->records_total = info.max_entries;
	return error;
}
