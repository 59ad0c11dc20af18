/* SPDX-License-Identifier: MIT */
#include "connects/maps.h"
#include "connects/cgroups.h"

#include <bpf/bpf.h>
#include <errno.h>

/* connect_state is the last: who finds it finds everything. */
static const struct kidos_map_row rows[KIDOS_CONNECT_MAPS] = {
	[KIDOS_CONNECT_MAP_OWNERS] = { "connect_owners", 0, sizeof(struct kidos_connect_owner),
				       sizeof(struct kidos_connect_counts) },
	[KIDOS_CONNECT_MAP_FAILURES] = { "connect_failures", 0,
					 sizeof(struct kidos_connect_failure), sizeof(__u64) },
	[KIDOS_CONNECT_MAP_FAILURES_OTHER] = { "connect_failures_other", 0, sizeof(__u32),
					       sizeof(__u64) },
	[KIDOS_CONNECT_MAP_RECORDS] = { "connect_records", 0, sizeof(__u32),
					sizeof(struct kidos_connect_record) },
	[KIDOS_CONNECT_MAP_EVENTS] = { "connect_events", 0, sizeof(__u32), sizeof(__u64) },
	[KIDOS_CONNECT_MAP_LIVE] = { "connect_live", BPF_MAP_TYPE_HASH,
				     sizeof(struct kidos_connect_owner),
				     sizeof(struct kidos_connect_live), KIDOS_CONNECT_OWNERS },
	[KIDOS_CONNECT_MAP_POSITIONS] = { "connect_positions" },
	[KIDOS_CONNECT_MAP_ZERO] = { "connect_zero" },
	[KIDOS_CONNECT_MAP_TRIAL] = { "connect_trial", 0, sizeof(__u32),
				      sizeof(struct kidos_connect_trial) },
	[KIDOS_CONNECT_MAP_CALLS] = { "connect_calls", 0, sizeof(__u32),
				      sizeof(struct kidos_connect_attempt) },
	[KIDOS_CONNECT_MAP_TASKS] = { "connect_tasks", 0, sizeof(int),
				      sizeof(struct kidos_connect_attempt) },
	[KIDOS_CONNECT_MAP_PENDING] = { "connect_pending", 0, sizeof(__u64),
					sizeof(struct kidos_connect_attempt) },
	[KIDOS_CONNECT_MAP_SOCKETS] = { "connect_sockets", 0, sizeof(int),
					sizeof(struct kidos_connect_kept) },
	[KIDOS_CONNECT_MAP_UNITS] = { "connect_units", BPF_MAP_TYPE_LRU_HASH, sizeof(__u64),
				      sizeof(struct kidos_connect_cgroup), KIDOS_CONNECT_UNITS },
	[KIDOS_CONNECT_MAP_SENDERS] = { "connect_senders", 0, sizeof(int),
					sizeof(struct kidos_connect_sender) },
	[KIDOS_CONNECT_MAP_STATE] = { "connect_state", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				      sizeof(struct kidos_connect_state), 1 },
};
const struct kidos_map_set kidos_connect_map_set = KIDOS_MAP_SET(rows);

void kidos_connect_maps_close(struct kidos_connect_maps *maps)
{
	kidos_map_set_close(&kidos_connect_map_set, maps->fd);
}

int kidos_connect_maps_set_state(const struct kidos_connect_maps *maps,
				 const struct kidos_connect_state *state)
{
	return kidos_map_write(maps->fd[KIDOS_CONNECT_MAP_STATE], 0, state);
}
