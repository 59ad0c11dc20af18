/* SPDX-License-Identifier: MIT */
#include "drops/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

const char *const kidos_drop_map_names[KIDOS_DROP_MAPS] = {
	"drop_counts", "drop_other",  "drop_records", "drop_positions", "drop_reasons",
	"drop_trial",  "drop_owners", "alerts",       "alerts_lost",    "drop_state",
};

void kidos_drop_maps_close(struct kidos_drop_maps *maps)
{
	for (int i = 0; i < KIDOS_DROP_MAPS; i++)
		if (maps->fd[i] >= 0)
			close(maps->fd[i]);
	*maps = (struct kidos_drop_maps)KIDOS_DROP_MAPS_NONE;
}

int kidos_drop_maps_create_state(struct kidos_drop_maps *maps)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kidos_drops", 4,
				sizeof(struct kidos_drop_state), 1, NULL);

	maps->fd[KIDOS_DROP_MAP_STATE] = fd < 0 ? -1 : fd;
	return fd < 0 ? -errno : 0;
}

/* drop_state goes last (it is the last map): who finds it finds everything. */
int kidos_drop_maps_pin(const struct kidos_drop_maps *maps, const struct kidos_state *state)
{
	int error = 0;

	for (int i = 0; !error && i < KIDOS_DROP_MAPS; i++)
		error = kidos_state_pin_map(state, maps->fd[i], kidos_drop_map_names[i]);
	return error;
}

static int lookup(const struct kidos_drop_maps *maps, enum kidos_drop_map map, uint32_t key,
		  void *value)
{
	return bpf_map_lookup_elem(maps->fd[map], &key, value) ? -errno : 0;
}

int kidos_drop_maps_set_state(const struct kidos_drop_maps *maps,
			      const struct kidos_drop_state *state)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(maps->fd[KIDOS_DROP_MAP_STATE], &zero, state, BPF_ANY) ? -errno
											  : 0;
}

int kidos_drop_maps_add(const struct kidos_drop_maps *maps, const struct kidos_drop_key *key,
			uint64_t count)
{
	int fd = maps->fd[KIDOS_DROP_MAP_COUNTS];
	uint64_t before = 0;

	if (bpf_map_lookup_elem(fd, key, &before) && errno != ENOENT)
		return -errno;
	count += before;
	return bpf_map_update_elem(fd, key, &count, BPF_ANY) ? -errno : 0;
}

uint64_t kidos_drop_maps_first(const struct kidos_drop_maps *maps, uint32_t reason)
{
	uint64_t first = 0;

	return lookup(maps, KIDOS_DROP_MAP_REASONS, reason, &first) ? 0 : first;
}

uint64_t kidos_drop_maps_alerts_lost(const struct kidos_drop_maps *maps)
{
	uint64_t lost = 0;

	return lookup(maps, KIDOS_DROP_MAP_ALERTS_LOST, 0, &lost) ? 0 : lost;
}
