/* SPDX-License-Identifier: MIT */
/* ladder.h: ways to do a thing, best first; the first that works is taken. */
#ifndef KIDOS_CORE_LADDER_H
#define KIDOS_CORE_LADDER_H

#include "core/config.h"

/*
 * Tries one rung. 0; or -errno, with the rung's name and what did not work in
 * why. -ECANCELED: the rung is not to be tried, and refused has nothing of it.
 */
typedef int (*kidos_rung_try)(void *context, size_t rung, char why[KIDOS_REASON]);

/*
 * Climbs down from the best of `count` rungs. 0 with the rung that works in
 * *taken; else the last rung's -errno, or -ENOENT if none was tried. refused
 * has, in either case, why better ones did not work: "a; b".
 */
int kidos_ladder(size_t count, kidos_rung_try attempt, void *context, size_t *taken,
		 char refused[KIDOS_REASON]);

#endif
