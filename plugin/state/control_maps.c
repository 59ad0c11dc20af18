/* SPDX-License-Identifier: MIT */
#include "state/control_maps.h"
#include "state/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

const char *const kidos_control_map_names[KIDOS_CONTROL_MAPS] = {
	"control",
	"answers",
	"collectors",
	"alert_state",
};

static const struct {
	__u32 size;
	__u32 count;
} layouts[KIDOS_CONTROL_MAPS] = {
	[KIDOS_CONTROL_REQUEST] = { sizeof(struct kidos_request), 1 },
	[KIDOS_CONTROL_ANSWER] = { sizeof(struct kidos_answer), 1 },
	[KIDOS_CONTROL_COLLECTORS] = { sizeof(struct kidos_collector_status), KIDOS_COLLECTORS },
	[KIDOS_CONTROL_ALERTS] = { sizeof(struct kidos_episode), KIDOS_EPISODES },
};

int kidos_control_create(struct kidos_control_maps *maps)
{
	char name[BPF_OBJ_NAME_LEN];

	for (int i = 0; i < KIDOS_CONTROL_MAPS; i++) {
		snprintf(name, sizeof(name), "kidos_%.9s", kidos_control_map_names[i]);
		maps->fd[i] = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, layouts[i].size,
					     layouts[i].count, NULL);
		if (maps->fd[i] < 0)
			return -errno;
	}
	return 0;
}

/* Another version's elements may be larger than ours; a look-up would overrun them. */
static int check_layout(const struct kidos_control_maps *maps, int map)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(maps->fd[map], &info, &size))
		return -errno;
	return info.value_size == layouts[map].size && info.max_entries == layouts[map].count
		       ? 0
		       : -EPROTO;
}

int kidos_control_open(struct kidos_control_maps *maps, const char *path)
{
	int error = 0;

	*maps = (struct kidos_control_maps)KIDOS_CONTROL_MAPS_NONE;
	for (int i = 0; !error && i < KIDOS_CONTROL_MAPS; i++) {
		maps->fd[i] = kidos_map_open_to_read(path, kidos_control_map_names[i]);
		error = maps->fd[i] < 0 ? maps->fd[i] : check_layout(maps, i);
	}
	if (error)
		kidos_control_close(maps);
	return error;
}

void kidos_control_close(struct kidos_control_maps *maps)
{
	for (int i = 0; i < KIDOS_CONTROL_MAPS; i++) {
		if (maps->fd[i] >= 0)
			close(maps->fd[i]);
		maps->fd[i] = -1;
	}
}

int kidos_control_read(const struct kidos_control_maps *maps, enum kidos_control_map map,
		       unsigned int index, void *value)
{
	return bpf_map_lookup_elem(maps->fd[map], &index, value) ? -errno : 0;
}

int kidos_control_write(const struct kidos_control_maps *maps, enum kidos_control_map map,
			unsigned int index, const void *value)
{
	return bpf_map_update_elem(maps->fd[map], &index, value, BPF_ANY) ? -errno : 0;
}
