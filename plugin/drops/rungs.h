/* SPDX-License-Identifier: MIT */
/* rungs.h: the ladder of the drop probes, and what the plugin tells kidosctl about it. */
#ifndef KIDOS_DROPS_RUNGS_H
#define KIDOS_DROPS_RUNGS_H

#include "abi_drop.h"

#include <stdbool.h>
#include <stddef.h>

/* A way to see drops. The table has the best first. */
struct kidos_drop_rung {
	const char *name; /* of option Probe */
	const char *program;
	bool probe_read; /* reads kernel memory through a helper, which lockdown may forbid */
	const char *blind; /* what it cannot see, beside what every rung cannot */
};
extern const struct kidos_drop_rung kidos_drop_rungs[];
extern const size_t kidos_drop_rung_count;

/* "auto", then the names of the rungs; NULL at the end. */
extern const char *const kidos_drop_probe_names[];

/* What no rung can see. */
extern const char kidos_drop_blind[];

/* The one value of the map `drop_state`. */
struct kidos_drop_state {
	__u32 abi;
	__u32 running; /* drops are being counted; else what follows is of the last time */
	__u32 cpus;
	__u32 room; /* records of one CPU */
	__u64 started; /* CLOCK_BOOTTIME, ns */
	__u64 learn_until; /* CLOCK_BOOTTIME, ns: reasons in drop_reasons first seen before are
			      ordinary, as are those that a former run learned */
	__u64 missed;
	__u64 folds; /* odd while counts move to KIDOS_IFINDEX_GONE: who reads begins anew */
	__u32 headers; /* addresses and ports are read */
	__u32 owners; /* sockets' processes are remembered */
	char rung[32];
	char blind[320];
};
_Static_assert(sizeof(struct kidos_drop_state) == 408, "drop state");
_Static_assert(offsetof(struct kidos_drop_state, rung) == 56, "drop state");

#endif
