/* SPDX-License-Identifier: MIT */
#include "drops/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

/* drop_state is the last: who finds it finds everything. */
static const struct kidos_map_row rows[KIDOS_DROP_MAPS] = {
	[KIDOS_DROP_MAP_COUNTS] = { "drop_counts", 0, sizeof(struct kidos_drop_key),
				    sizeof(__u64) },
	[KIDOS_DROP_MAP_OTHER] = { "drop_other", 0, sizeof(__u32), sizeof(__u64) },
	[KIDOS_DROP_MAP_RECORDS] = { "drop_records", 0, sizeof(__u32),
				     sizeof(struct kidos_drop_record) },
	[KIDOS_DROP_MAP_POSITIONS] = { "drop_positions", 0, sizeof(__u32),
				       sizeof(struct kidos_drop_position) },
	[KIDOS_DROP_MAP_REASONS] = { "drop_reasons", 0, sizeof(__u32), sizeof(__u64) },
	[KIDOS_DROP_MAP_TRIAL] = { "drop_trial", 0, sizeof(__u32),
				   sizeof(struct kidos_drop_trial) },
	[KIDOS_DROP_MAP_OWNERS] = { "drop_owners", 0, sizeof(struct kidos_owner_key),
				    sizeof(struct kidos_owner_process) },
	[KIDOS_DROP_MAP_ALERTS] = { "alerts" },
	[KIDOS_DROP_MAP_ALERTS_LOST] = { "alerts_lost" },
	[KIDOS_DROP_MAP_STATE] = { "drop_state", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				   sizeof(struct kidos_drop_state), 1 },
};
const struct kidos_map_set kidos_drop_map_set = KIDOS_MAP_SET(rows);

void kidos_drop_maps_close(struct kidos_drop_maps *maps)
{
	kidos_map_set_close(&kidos_drop_map_set, maps->fd);
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

/* In one step where the kernel has that for hash maps (5.14). */
int kidos_drop_maps_remove(const struct kidos_drop_maps *maps, const struct kidos_drop_key *key,
			   uint64_t *count)
{
	int fd = maps->fd[KIDOS_DROP_MAP_COUNTS];

	if (!bpf_map_lookup_and_delete_elem(fd, key, count))
		return 0;
	if (errno == ENOENT)
		return -errno;
	return bpf_map_lookup_elem(fd, key, count) || bpf_map_delete_elem(fd, key) ? -errno : 0;
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
