/* SPDX-License-Identifier: MIT */
/* maps.h: the maps of the connect programs, as plugin and kidosctl have them. */
#ifndef KIDOS_CONNECTS_MAPS_H
#define KIDOS_CONNECTS_MAPS_H

#include "abi_connect.h"
#include "state/map_set.h"

#include <stdint.h>

enum kidos_connect_map {
	KIDOS_CONNECT_MAP_OWNERS,
	KIDOS_CONNECT_MAP_FAILURES,
	KIDOS_CONNECT_MAP_FAILURES_OTHER,
	KIDOS_CONNECT_MAP_RECORDS,
	KIDOS_CONNECT_MAP_EVENTS,
	KIDOS_CONNECT_MAP_LIVE,
	KIDOS_CONNECT_MAP_UNITS, /* the plugin's */
	KIDOS_CONNECT_MAP_POSITIONS, /* from here on of the programs alone */
	KIDOS_CONNECT_MAP_ZERO,
	KIDOS_CONNECT_MAP_TRIAL,
	KIDOS_CONNECT_MAP_CALLS,
	KIDOS_CONNECT_MAP_TASKS,
	KIDOS_CONNECT_MAP_PENDING,
	KIDOS_CONNECT_MAP_SOCKETS,
	KIDOS_CONNECT_MAP_SENDERS,
	KIDOS_CONNECT_MAP_STATE,
	KIDOS_CONNECT_MAPS
};
extern const struct kidos_map_set kidos_connect_map_set;

struct kidos_connect_maps {
	int fd[KIDOS_CONNECT_MAPS]; /* -1 where there is none */
};

#define KIDOS_CONNECT_MAPS_NONE                         \
	{                                               \
		.fd = KIDOS_NO_MAPS(KIDOS_CONNECT_MAPS) \
	}

/* The one element of `connect_state`, which the plugin alone writes. */
struct kidos_connect_state {
	__u32 abi; /* KIDOS_ABI_VERSION */
	__u32 running;
	__u32 cpus; /* possible ones */
	__u32 room; /* records of one CPU, a power of two */
	__u64 started; /* CLOCK_BOOTTIME, ns */
	__u64 missed; /* returns and outcomes that the kernel did not hand to a program */
	__u64 syscall_ns; /* what each unrelated system call of the host pays, 0: nothing */
	__u64 folds; /* odd while counts move to owners that are gone: who reads begins anew */
	__u32 datagrams; /* 1: datagrams of unconnected sockets are counted */
	__u32 shift; /* maps of owners, failures and attempts have 1/2^shift of their entries */
	char rung[64]; /* where attempts are seen */
	char outcomes[64]; /* where the outcome of TCP is seen */
	char blind[256]; /* what that cannot see, "": nothing */
};

_Static_assert(sizeof(struct kidos_connect_state) == 440, "connect state");

void kidos_connect_maps_close(struct kidos_connect_maps *maps);
int kidos_connect_maps_set_state(const struct kidos_connect_maps *maps,
				 const struct kidos_connect_state *state);

#endif
