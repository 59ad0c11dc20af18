/* SPDX-License-Identifier: MIT */
#include "state/control_maps.h"

#include <errno.h>
#include <linux/bpf.h>

static const struct kidos_map_row rows[KIDOS_CONTROL_MAPS] = {
	[KIDOS_CONTROL_REQUEST] = { "control", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				    sizeof(struct kidos_request), 1 },
	[KIDOS_CONTROL_ANSWER] = { "answers", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				   sizeof(struct kidos_answer), 1 },
	[KIDOS_CONTROL_COLLECTORS] = { "collectors", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				       sizeof(struct kidos_collector_status),
				       KIDOS_COLLECTORS_MAX },
};
const struct kidos_map_set kidos_control_map_set = KIDOS_MAP_SET(rows);

int kidos_control_open(int maps[KIDOS_CONTROL_MAPS], const char *path)
{
	int error = kidos_map_set_open(&kidos_control_map_set, maps, path, KIDOS_MAP_READ);

	for (int i = 0; !error && i < KIDOS_CONTROL_MAPS; i++)
		error = maps[i] < 0 ? -ENOENT : 0;
	if (error)
		kidos_map_set_close(&kidos_control_map_set, maps);
	return error;
}
