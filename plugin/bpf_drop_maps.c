/* SPDX-License-Identifier: MIT */
#include "bpf_drop_maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *const kidos_drop_map_names[KIDOS_DROP_MAPS] = {
	"drop_counts", "drop_other",  "drop_records", "drop_positions", "drop_reasons",
	"drop_trial",  "drop_owners", "alerts",	      "alerts_lost",	"drop_state",
};

#define BATCH 512

static int open_pins(struct kidos_drop_maps *maps, const char *path)
{
	char pin[PATH_MAX + 32];

	for (int i = 0; i < KIDOS_DROP_MAPS; i++) {
		snprintf(pin, sizeof(pin), "%s/%s", path, kidos_drop_map_names[i]);
		maps->fd[i] = bpf_obj_get(pin);
		if (maps->fd[i] < 0)
			return -errno;
	}
	return 0;
}

static int map_records(struct kidos_drop_maps *maps, size_t count)
{
	void *got = mmap(NULL, count * sizeof(*maps->records), PROT_READ, MAP_SHARED,
			 maps->fd[KIDOS_DROP_MAP_RECORDS], 0);

	if (got == MAP_FAILED)
		return -errno;
	maps->records = got;
	maps->record_count = count;
	return 0;
}

int kidos_drop_maps_open(struct kidos_drop_maps *maps, const char *path,
			 struct kidos_drop_state *state)
{
	int error;

	*maps = (struct kidos_drop_maps)KIDOS_DROP_MAPS_NONE;
	error = open_pins(maps, path);
	if (!error)
		error = kidos_drop_maps_state(maps, state);
	if (!error && state->abi != KIDOS_ABI_VERSION)
		error = -EPROTO;
	if (!error)
		error = map_records(maps, (size_t)state->cpus * state->room);
	if (error)
		kidos_drop_maps_close(maps);
	return error;
}

void kidos_drop_maps_close(struct kidos_drop_maps *maps)
{
	if (maps->records)
		munmap((void *)(uintptr_t)maps->records,
		       maps->record_count * sizeof(*maps->records));
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

int kidos_drop_maps_state(const struct kidos_drop_maps *maps, struct kidos_drop_state *state)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	/* Another version's may be larger than ours; a look-up would overrun it. */
	if (bpf_obj_get_info_by_fd(maps->fd[KIDOS_DROP_MAP_STATE], &info, &size))
		return -errno;
	return info.value_size == sizeof(*state) ? lookup(maps, KIDOS_DROP_MAP_STATE, 0, state)
						 : -EPROTO;
}

int kidos_drop_maps_set_state(const struct kidos_drop_maps *maps,
			      const struct kidos_drop_state *state)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(maps->fd[KIDOS_DROP_MAP_STATE], &zero, state, BPF_ANY) ? -errno
											   : 0;
}

int kidos_drop_maps_each(const struct kidos_drop_maps *maps,
			 void (*each)(const struct kidos_drop_key *key, uint64_t count,
				      void *context),
			 void *context)
{
	struct kidos_drop_key *keys = calloc(BATCH, sizeof(*keys));
	uint64_t *counts = calloc(BATCH, sizeof(*counts));
	uint32_t position = 0, count;
	int error = keys && counts ? 0 : -ENOMEM;
	bool first = true;

	while (!error) {
		count = BATCH;
		if (bpf_map_lookup_batch(maps->fd[KIDOS_DROP_MAP_COUNTS], first ? NULL : &position,
					 &position, keys, counts, &count, NULL))
			error = -errno;
		for (uint32_t i = 0; (!error || error == -ENOENT) && i < count; i++)
			each(&keys[i], counts[i], context);
		first = false;
	}
	free(keys);
	free(counts);
	return error == -ENOENT ? 0 : error;
}

int kidos_drop_maps_other(const struct kidos_drop_maps *maps, uint64_t other[KIDOS_CLASSES])
{
	int error = 0;

	for (uint32_t class = 0; !error && class < KIDOS_CLASSES; class++)
		error = lookup(maps, KIDOS_DROP_MAP_OTHER, class, &other[class]);
	return error;
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

bool kidos_drop_maps_record(const struct kidos_drop_maps *maps, size_t index,
			    struct kidos_drop_record *record)
{
	const struct kidos_drop_record *from = &maps->records[index];
	uint64_t sequence = __atomic_load_n(&from->sequence, __ATOMIC_ACQUIRE);

	memcpy(record, from, sizeof(*record));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return sequence && record->sequence_end == sequence &&
	       __atomic_load_n(&from->sequence, __ATOMIC_RELAXED) == sequence;
}
