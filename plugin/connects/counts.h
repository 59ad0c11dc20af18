/* SPDX-License-Identifier: MIT */
/* counts.h: the arrays of counts of the connect programs. */
#ifndef KIDOS_CONNECTS_COUNTS_H
#define KIDOS_CONNECTS_COUNTS_H

#include "abi_connect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Failures that found no room: by protocol * KIDOS_CONNECT_ERRNOS + errno; all
 * 0 where fd is -1. 0 or -errno.
 */
int kidos_connect_counts_other(int fd,
			       uint64_t other[KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS]);

/* What the programs could not do. 0 or -errno. */
int kidos_connect_counts_events(int fd, uint64_t events[KIDOS_CONNECT_EVENTS]);

#endif
