/* SPDX-License-Identifier: MIT */
/*
 * programs.h: loads the traffic programs over shared maps. What counts is
 * loaded once for all namespaces (entry.h); on PREEMPT_RT once for each.
 */
#ifndef KIDOS_LINKS_PROGRAMS_H
#define KIDOS_LINKS_PROGRAMS_H

#include "state/maps.h"

struct bpf_object;
struct kidos_traffic;

enum kidos_program {
	KIDOS_PROGRAM_XDP,
	KIDOS_PROGRAM_TC_INGRESS,
	KIDOS_PROGRAM_TC_EGRESS,
	KIDOS_PROGRAMS
};
extern const char *const kidos_program_names[KIDOS_PROGRAMS];

/*
 * Makes the traffic programs of the namespace with this number ready: one is
 * loaded, the others when they are first wanted. Maps that `maps` has are
 * shared; those it lacks are made and put there (duplicates, the caller's to
 * close). settings: sets, idle, rung (baseline); the first load draws the
 * hash's seed (maps->seed), tries the rungs best first and writes the one that
 * works to settings->baseline.
 * Returns NULL with errno; the kernel's reason is logged, but for ENOMEM: no
 * other rung is tried then, a smaller table is wanted.
 */
struct kidos_traffic *kidos_traffic_load(struct kidos_maps *maps, struct kidos_meta *settings,
					 unsigned int netns);

/* The maps alone, of the best rung, where no packet is to be counted; 0 or -errno. */
int kidos_traffic_maps(struct kidos_maps *maps, const struct kidos_meta *settings);
void kidos_traffic_free(struct kidos_traffic *traffic);

/* The program, loaded by now; or -errno. Not for two threads at once. */
int kidos_traffic_fd(struct kidos_traffic *traffic, enum kidos_program program);

/*
 * A counting program of the namespace's own, over the same maps, not loaded
 * yet: what is put in the place of a function (freplace) cannot jump on all
 * kernels. NULL with errno.
 */
struct bpf_object *kidos_traffic_open(const struct kidos_traffic *traffic,
				      enum kidos_program program);

/* The id of a map that only programs of this owner use; 0 when it is not known. */
uint32_t kidos_traffic_map(const struct kidos_traffic *traffic);

/* Routes libbpf's words: errors to the log when a rung fails for good, else nowhere. */
void kidos_libbpf_quiet(void);

#endif
