/* SPDX-License-Identifier: MIT */
/* rungs.h: the two ladders: what sees attempts, and what sees the outcome of TCP. */
#ifndef KIDOS_CONNECTS_RUNGS_H
#define KIDOS_CONNECTS_RUNGS_H

#include <stdbool.h>
#include <stddef.h>

#define KIDOS_CONNECT_RUNG_PROGRAMS 2

/* A way to see connect(). The table has the best first. */
struct kidos_connect_rung {
	const char *name; /* of option Probe */
	const char *programs[KIDOS_CONNECT_RUNG_PROGRAMS];
	bool returns; /* return codes are seen */
	bool cgroup; /* at the root cgroup */
	bool forced; /* taken only where Probe names it */
	unsigned int below; /* major version of kernels that others are better on, 0: none */
	bool syscalls; /* every system call of the host pays for it */
	const char *blind; /* what it cannot see */
};
extern const struct kidos_connect_rung kidos_connect_rungs[];
extern const size_t kidos_connect_rung_count;

struct kidos_connect_outcomes {
	const char *name;
	const char *program;
	bool cgroup;
	bool storage; /* something is kept with each socket */
	const char *blind;
};
extern const struct kidos_connect_outcomes kidos_connect_outcomes[];
extern const size_t kidos_connect_outcome_count;

/* "auto", then the names of the rungs; NULL at the end. */
extern const char *const kidos_connect_probe_names[];

#endif
