/* SPDX-License-Identifier: MIT */
#include "state/baseline.h"
#include "state/wait.h"

#include <bpf/bpf.h>
#include <errno.h>

struct removal {
	const struct kidos_maps *maps;
	uint32_t before;
	kidos_baseline_entry removed;
	void *context;
	int error;
};

void kidos_baseline_each(const struct kidos_maps *maps, kidos_baseline_entry each, void *context)
{
	struct kidos_flow_key key, next;
	struct kidos_flow_baseline flow;
	int fd = maps->fd[KIDOS_MAP_FLOWS];
	bool more = !bpf_map_get_next_key(fd, NULL, &next);

	while (more) {
		key = next;
		/* Before each, which may delete the key: the walk would start again. */
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!bpf_map_lookup_elem(fd, &key, &flow) && !each(&key, &flow, context))
			break;
	}
}

static int set_closing(const struct kidos_maps *maps, uint32_t before)
{
	const unsigned int zero = 0;

	return bpf_map_update_elem(maps->fd[KIDOS_MAP_CLOSING], &zero, &before, BPF_ANY) ? -errno
											 : 0;
}

static bool remove_closed(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			  void *context)
{
	struct removal *removal = context;
	int error;

	if (!kidos_is_earlier(flow->last, removal->before))
		return true;
	if (bpf_map_delete_elem(removal->maps->fd[KIDOS_MAP_FLOWS], key)) {
		removal->error = removal->error ? removal->error : -errno;
		return true;
	}
	error = kidos_maps_retire(removal->maps, key, flow->packets, flow->bytes);
	removal->error = removal->error ? removal->error : error;
	return removal->removed(key, flow, removal->context);
}

int kidos_baseline_remove(const struct kidos_maps *maps, uint32_t before,
			  kidos_baseline_entry removed, void *context)
{
	struct removal removal = { .maps = maps,
				   .before = before ? before : 1, /* 0 closes nothing */
				   .removed = removed,
				   .context = context };
	int error = set_closing(maps, removal.before);

	if (error)
		return error;
	kidos_programs_wait();
	kidos_baseline_each(maps, remove_closed, &removal);
	error = set_closing(maps, 0);
	return removal.error ? removal.error : error;
}
