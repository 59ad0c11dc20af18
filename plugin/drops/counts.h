/* SPDX-License-Identifier: MIT */
/* counts.h: the counters of drops, as plugin and kidosctl read them. */
#ifndef KIDOS_DROPS_COUNTS_H
#define KIDOS_DROPS_COUNTS_H

#include "abi_drop.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Calls each for every count in `drop_counts`, once and in no order; stops when it returns false.
 * fd: the map's descriptor. 0 or -errno.
 */
int kidos_drop_counts_each(int fd,
			   bool (*each)(const struct kidos_drop_key *key, uint64_t count,
					void *context),
			   void *context);

/* Drops that found no room among the counts, by class; all 0 where fd is -1. 0 or -errno. */
int kidos_drop_counts_other(int fd, uint64_t other[KIDOS_CLASSES]);

#endif
