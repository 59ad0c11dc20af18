/* SPDX-License-Identifier: MIT */
/* programs.h: loads and attaches what sees connections: a rung of each ladder, and the walk. */
#ifndef KIDOS_CONNECTS_PROGRAMS_H
#define KIDOS_CONNECTS_PROGRAMS_H

#include "connects/maps.h"
#include "connects/rungs.h"
#include "core/config.h"

#include <stdbool.h>

struct kidos_connects;

/*
 * Takes the best rung that loads, attaches and sees a connect of our own, or
 * the one that probe names (an index of kidos_connect_probe_names). datagrams:
 * count those of unconnected sockets also where that is dear. state: cpus, room
 * and shift are read; rung, outcomes, blind, datagrams and syscall_ns are written.
 * Maps that `maps` has are used again, those it lacks are made and put there.
 * Returns NULL with errno and a reason; why better rungs were
 * refused is logged.
 */
struct kidos_connects *kidos_connects_load(struct kidos_connect_maps *maps,
					   struct kidos_connect_state *state, unsigned int probe,
					   bool datagrams, char reason[KIDOS_REASON]);
void kidos_connects_free(struct kidos_connects *connects);

/* The link by which kidosctl lists sockets, to be pinned as KIDOS_CONNECT_SOCKETS_PIN; -1: none. */
int kidos_connects_list(const struct kidos_connects *connects);

/* Events that the kernel did not hand to a program, since load. */
uint64_t kidos_connects_missed(const struct kidos_connects *connects);

/*
 * Once a poll: fills connect_live anew, ends what cannot be concluded any more
 * as lost, and gives out the records of datagrams. 0 or -errno.
 */
int kidos_connects_walk(struct kidos_connects *connects);

/* Attempts without an outcome, by protocol. 0 or -errno. */
int kidos_connects_pending(const struct kidos_connects *connects,
			   uint64_t pending[KIDOS_CONNECT_PROTOCOLS]);

#endif
