/* SPDX-License-Identifier: MIT */
/* maps.h: the maps of a state directory, as plugin and kidosctl read them. */
#ifndef KIDOS_STATE_MAPS_H
#define KIDOS_STATE_MAPS_H

#include "state/map_set.h"
#include "state/state.h"

enum kidos_map {
	KIDOS_MAP_PORTS,
	KIDOS_MAP_TOTALS,
	KIDOS_MAP_RETIRED,
	KIDOS_MAP_EVENTS,
	KIDOS_MAP_ORIGIN,
	KIDOS_MAP_XDP_PROGRAM, /* the counting programs, which the entry programs jump to: the */
	KIDOS_MAP_TC_PROGRAM, /* kernel empties the array when neither pin nor descriptor is left */
	KIDOS_MAP_FLOWS,
	KIDOS_MAP_DETAILS, /* not with the baseline rung */
	KIDOS_MAP_SPILLS, /* not with the baseline rung */
	KIDOS_MAP_SPILLING, /* not with the baseline rung */
	KIDOS_MAP_CLOSING, /* with the baseline rung only */
	KIDOS_MAP_POLICY, /* these six: with a policy only */
	KIDOS_MAP_POLICY_SLOTS,
	KIDOS_MAP_POLICY_TABLES,
	KIDOS_MAP_POLICY_MARK,
	KIDOS_MAP_POLICY_SEEN,
	KIDOS_MAP_POLICY_ALERTS,
	KIDOS_MAP_SOCKETS, /* AF_XDP, of mirror ports */
	KIDOS_MAP_MIRRORED,
	KIDOS_MAP_SLOTS,
	KIDOS_MAP_META,
	KIDOS_MAPS
};
extern const struct kidos_map_set kidos_map_set;

#define KIDOS_ENTRY_TARGETS 2 /* arrays that entry programs jump by: of XDP and of tc */

struct kidos_maps {
	int fd[KIDOS_MAPS]; /* -1 where there is none */
	int counting[KIDOS_ENTRY_TARGETS]; /* programs in those arrays, or -1: the loader's */
	unsigned int cpus; /* possible ones */
	struct kidos_meta meta; /* as it was at open */
	struct kidos_hash_seed seed; /* of the flow table; 0 where the programs are another's */
	const struct kidos_flow_set *flows; /* mapped, NULL with the baseline rung */
	const struct kidos_detail_set *details;
	size_t sets;
};

#define KIDOS_MAPS_NONE                                                                         \
	{                                                                                       \
		.fd = KIDOS_NO_MAPS(KIDOS_MAPS), .counting = KIDOS_NO_MAPS(KIDOS_ENTRY_TARGETS) \
	}

/*
 * Opens what is pinned under path. 0, or -errno: -ENOENT nothing there,
 * -EPROTO another ABI version (meta.abi has it). Nothing stays open on error.
 */
int kidos_maps_open(struct kidos_maps *maps, const char *path, enum kidos_map_access access);

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
int kidos_maps_set_meta(const struct kidos_maps *maps, const struct kidos_meta *meta);

/* Where packets of (netns, ifindex) are counted from now on; 0 or -errno. */
int kidos_maps_set_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex,
			unsigned int slot, unsigned int flags);
/* Its flags, or -errno; and sets those of `mask` to what `flags` has of them. */
int kidos_maps_port_flags(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex);
int kidos_maps_mark_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex,
			 unsigned int mask, unsigned int flags);
int kidos_maps_forget_port(const struct kidos_maps *maps, unsigned int netns, unsigned int ifindex);

unsigned int kidos_possible_cpus(void);

#endif
