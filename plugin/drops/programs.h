/* SPDX-License-Identifier: MIT */
/* programs.h: loads and attaches what sees drops: one rung of the ladder, and the owners' hooks.
 */
#ifndef KIDOS_DROPS_PROGRAMS_H
#define KIDOS_DROPS_PROGRAMS_H

#include "core/config.h"
#include "drops/maps.h"

struct kidos_drops;

/*
 * Takes the best rung that loads, attaches and sees a drop of our own, or the
 * one that probe names (an index of kidos_drop_probe_names; 0: the best).
 * state: cpus and room are read; rung, blind, headers and owners are written.
 * Maps that `maps` has are used again, those it lacks are made and put there.
 * Returns NULL with errno and a reason; why better rungs were refused is logged.
 */
struct kidos_drops *kidos_drops_load(struct kidos_drop_maps *maps, struct kidos_drop_state *state,
				     unsigned int probe, char reason[KIDOS_REASON]);
void kidos_drops_free(struct kidos_drops *drops);

/* Drops that were not counted because the program was at work on that CPU (since 5.12). */
uint64_t kidos_drops_missed(const struct kidos_drops *drops);

#endif
