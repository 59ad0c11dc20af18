/* SPDX-License-Identifier: MIT */
/* maps.h: the maps of a state directory, as plugin and kidosctl read them. */
#ifndef KIDOS_STATE_MAPS_H
#define KIDOS_STATE_MAPS_H

#include "state/state.h"

/* In the order of kidos_map_names; each is pinned under its name. */
enum kidos_map {
	KIDOS_MAP_PORTS,
	KIDOS_MAP_TOTALS,
	KIDOS_MAP_RETIRED,
	KIDOS_MAP_EVENTS,
	KIDOS_MAP_FLOWS,
	KIDOS_MAP_DETAILS, /* not with the baseline rung */
	KIDOS_MAP_SPILLS, /* not with the baseline rung */
	KIDOS_MAP_SPILLING, /* not with the baseline rung */
	KIDOS_MAP_CLOSING, /* with the baseline rung only */
	KIDOS_MAP_SLOTS,
	KIDOS_MAP_META,
	KIDOS_MAPS
};
extern const char *const kidos_map_names[KIDOS_MAPS];

struct kidos_maps {
	int fd[KIDOS_MAPS]; /* -1 where there is none */
	unsigned int cpus; /* possible ones */
	struct kidos_meta meta; /* as it was at open */
	struct kidos_hash_seed seed; /* of the flow table; 0 where the programs are another's */
	const struct kidos_flow_set *flows; /* mapped, NULL with the baseline rung */
	const struct kidos_detail_set *details;
	size_t sets;
};

#define KIDOS_MAPS_NONE                                              \
	{                                                            \
		.fd = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 } \
	}

/*
 * Opens what is pinned under path. 0, or -errno: -ENOENT nothing there,
 * -EPROTO another ABI version (meta.abi has it). Nothing stays open on error.
 */
int kidos_maps_open(struct kidos_maps *maps, const char *path);

/* The same for one who may read the pins alone, such as a member of the group kidos. */
int kidos_maps_open_to_read(struct kidos_maps *maps, const char *path);

/* One pinned map, for writing too where that is allowed: its descriptor, or -errno. */
int kidos_map_open_to_read(const char *path, const char *name);

/*
 * Maps the flow table into memory, or copies it there as it is now where it may only be read; 0 or
 * -errno. Nothing to do on the baseline rung.
 */
int kidos_maps_mmap(struct kidos_maps *maps);
void kidos_maps_close(struct kidos_maps *maps);

/* One direction of one slot, summed over the CPUs; 0 or -errno. */
int kidos_maps_totals(const struct kidos_maps *maps, unsigned int slot, unsigned int direction,
		      struct kidos_totals *totals);
int kidos_maps_retired(const struct kidos_maps *maps, unsigned int slot, unsigned int direction,
		       struct kidos_retired *retired);
/* Adds to the plugin's own half of it, which has no other writer. */
int kidos_maps_retire(const struct kidos_maps *maps, const struct kidos_flow_key *key,
		      uint64_t packets, uint64_t bytes);
/* All counts of a slot that no program writes to any more become 0. 0 or -errno. */
int kidos_maps_clear_slot(const struct kidos_maps *maps, unsigned int slot);
/* What the table did. A spill is lost by a full ring or by the plugin, and then not spilled. */
int kidos_maps_events(const struct kidos_maps *maps, uint64_t events[KIDOS_EVENTS]);

int kidos_maps_slot(const struct kidos_maps *maps, unsigned int index, struct kidos_slot *slot);
int kidos_maps_set_slot(const struct kidos_maps *maps, unsigned int index,
			const struct kidos_slot *slot);
int kidos_maps_meta(const struct kidos_maps *maps, struct kidos_meta *meta);
int kidos_maps_set_meta(const struct kidos_maps *maps, const struct kidos_meta *meta);

/* Where packets of (netns, ifindex) are counted from now on; 0 or -errno. */
int kidos_maps_set_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex,
			unsigned int slot, unsigned int flags);
int kidos_maps_forget_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex);

struct bpf_object;

/*
 * Duplicates of a loaded object's maps of these names, which outlive it, where fd is -1 and the
 * object has such a map; 0 or -errno.
 */
int kidos_maps_take(const struct bpf_object *object, const char *const *names, int *fd,
		    size_t count);

unsigned int kidos_possible_cpus(void);

#endif
