/* SPDX-License-Identifier: MIT */
#include "connects/reader.h"
#include "state/view.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define END(text) ((text)[sizeof(text) - 1] = '\0')

static int read_state(struct kidos_connect_reader *reader)
{
	int fd = reader->maps.fd[KIDOS_CONNECT_MAP_STATE];
	int error = fd < 0 ? -ENOENT : kidos_map_read(fd, 0, &reader->state);

	END(reader->state.rung);
	END(reader->state.outcomes);
	END(reader->state.blind);
	return error;
}

int kidos_connect_reader_open(struct kidos_connect_reader *reader, const char *path)
{
	int error;

	*reader = (struct kidos_connect_reader){ .maps = KIDOS_CONNECT_MAPS_NONE };
	error = kidos_map_set_open(&kidos_connect_map_set, reader->maps.fd, path, KIDOS_MAP_READ);
	return error ? error : read_state(reader);
}

void kidos_connect_reader_close(struct kidos_connect_reader *reader)
{
	const struct kidos_connect_rings *rings = &reader->rings;

	if (rings->records)
		munmap((void *)(uintptr_t)rings->records,
		       (size_t)rings->cpus * rings->room * sizeof(*rings->records));
	kidos_connect_maps_close(&reader->maps);
	*reader = (struct kidos_connect_reader){ .maps = KIDOS_CONNECT_MAPS_NONE };
}

uint64_t kidos_connect_reader_folds(const struct kidos_connect_reader *reader)
{
	struct kidos_connect_state state = {};

	kidos_map_read(reader->maps.fd[KIDOS_CONNECT_MAP_STATE], 0, &state);
	return state.folds;
}

/* cpus and room are the plugin's: what it says is held against the map. */
int kidos_connect_reader_rings(struct kidos_connect_reader *reader)
{
	int fd = reader->maps.fd[KIDOS_CONNECT_MAP_RECORDS], error;
	struct bpf_map_info info = {};
	const void *records = NULL;
	__u32 size = sizeof(info);

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	if (info.max_entries != reader->state.cpus * reader->state.room)
		return -EPROTO;
	error = kidos_view(fd, info.max_entries, sizeof(struct kidos_connect_record), NULL,
			   &records);
	if (!error)
		reader->rings = (struct kidos_connect_rings){ records, reader->state.cpus,
							      reader->state.room };
	return error;
}
