/* SPDX-License-Identifier: MIT */
/*
 * entry.h: the programs that are attached. Those of a namespace say whose
 * packet it is and jump to a counting program, one for XDP and one for tc,
 * that all namespaces share.
 */
#ifndef KIDOS_LINKS_ENTRY_H
#define KIDOS_LINKS_ENTRY_H

#include "links/programs.h"

#include <stdbool.h>

struct bpf_program;

/* Not on PREEMPT_RT: another packet may come between what an entry program writes and its jump. */
bool kidos_entry_usable(void);

/*
 * Loads the entry programs of the namespace with this number: descriptors that
 * are the caller's to close, and nothing else stays open. 0, or -errno without
 * any. Maps that `maps` lacks are made and put there.
 */
int kidos_entry_load(struct kidos_maps *maps, unsigned int netns, int fd[KIDOS_PROGRAMS]);

/* The array that a program jumps by, and the counting program that belongs there. */
struct kidos_entry_target {
	enum kidos_map array;
	enum kidos_program program;
};
extern const struct kidos_entry_target kidos_entry_targets[KIDOS_PROGRAMS];

bool kidos_entry_has(const struct kidos_maps *maps, const struct kidos_entry_target *target);
/* The array holds the program from now on: its object need not stay open. 0 or -errno. */
int kidos_entry_set(struct kidos_maps *maps, const struct kidos_entry_target *target,
		    const struct bpf_program *program);

/*
 * Packets come by this program first, which jumps on to KIDOS_ENTRY_COUNTS; and no longer. 0 or
 * -errno.
 */
int kidos_entry_precede(const struct kidos_maps *maps, const struct kidos_entry_target *target,
			int program);
int kidos_entry_alone(const struct kidos_maps *maps, const struct kidos_entry_target *target);

#endif
