/* SPDX-License-Identifier: MIT */
/* counts.h: the hash maps of the connect programs, element by element. */
#ifndef KIDOS_CONNECTS_COUNTS_H
#define KIDOS_CONNECTS_COUNTS_H

#include "abi_connect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes one element; false ends the reading. */
typedef bool (*kidos_connect_each)(const void *key, const void *value, void *context);

/*
 * Calls each for every element of a hash map, once and in no order. fd: the
 * map's descriptor, -1: it is as if empty. 0 or -errno.
 */
int kidos_connect_counts_each(int fd, size_t key, size_t value, kidos_connect_each each,
			      void *context);

/*
 * Failures that found no room: by protocol * KIDOS_CONNECT_ERRNOS + errno; all
 * 0 where fd is -1. 0 or -errno.
 */
int kidos_connect_counts_other(int fd,
			       uint64_t other[KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS]);

/* What the programs could not do. 0 or -errno. */
int kidos_connect_counts_events(int fd, uint64_t events[KIDOS_CONNECT_EVENTS]);

#endif
