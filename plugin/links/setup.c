/* SPDX-License-Identifier: MIT */
#include "links/setup.h"
#include "links/programs.h"

#include <bpf/libbpf.h>
#include <errno.h>

bool kidos_has_xdp_frags(void)
{
	static int answer; /* 0 before it was asked */

	if (!answer)
		answer = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len,
						 NULL) == 1
				 ? 1
				 : -1;
	return answer > 0;
}

int kidos_allow_xdp_frags(struct bpf_object *object)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(object, kidos_program_names[KIDOS_PROGRAM_XDP]);

	if (!program)
		return -ENOENT;
	return kidos_has_xdp_frags() ? bpf_program__set_flags(program, bpf_program__flags(program) |
									       BPF_F_XDP_HAS_FRAGS)
				     : 0;
}

static __u32 entries_of(enum kidos_map map, const struct kidos_meta *settings)
{
	switch (map) {
	case KIDOS_MAP_PORTS:
		return settings->ports_mask + 1;
	case KIDOS_MAP_TOTALS:
		return settings->slots * KIDOS_DIRECTIONS;
	case KIDOS_MAP_RETIRED:
		return 2 * settings->slots * KIDOS_DIRECTIONS;
	case KIDOS_MAP_FLOWS:
		return settings->baseline ? (__u32)settings->max_flows : settings->set_mask + 1;
	case KIDOS_MAP_DETAILS:
		return settings->set_mask + 1;
	case KIDOS_MAP_POLICY_SLOTS:
		return settings->slots;
	default:
		return 0; /* as compiled */
	}
}

static bool is_of_policy(enum kidos_map map)
{
	return map >= KIDOS_MAP_POLICY && map <= KIDOS_MAP_POLICY_ALERTS;
}

/* What nobody needs is not made; the programs' ways to it are never taken. */
static int set_policy(struct bpf_object *object, __u32 room)
{
	int error = 0;

	for (int i = 0; !error && i < KIDOS_MAPS; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(object, kidos_map_set.rows[i].name);

		if (map && is_of_policy(i) && !room)
			error = bpf_map__set_autocreate(map, false);
		else if (map && i == KIDOS_MAP_POLICY_TABLES)
			error = bpf_map__set_value_size(bpf_map__inner_map(map), room);
	}
	return error;
}

int kidos_set_entries(struct bpf_object *object, const struct kidos_maps *maps,
		      const struct kidos_meta *settings)
{
	int error = set_policy(object, settings->policy_room);

	for (int i = 0; !error && i < KIDOS_MAPS; i++) {
		struct bpf_map *map =
			bpf_object__find_map_by_name(object, kidos_map_set.rows[i].name);
		__u32 entries = entries_of(i, settings);

		if (map && maps->fd[i] < 0 && entries)
			error = bpf_map__set_max_entries(map, entries);
	}
	return error;
}
