/* SPDX-License-Identifier: MIT */
/* read.h: bringing a million flows to user space, in each way there is. */
#ifndef KIDOS_BENCH_READ_H
#define KIDOS_BENCH_READ_H

#include "subject.h"

/* The two ways that bars.c compares. */
#define READ_KIDOS "kidos, scan of the mapping"
#define READ_BATCH "PERCPU_HASH, batch look-up"

struct read_result {
	unsigned long flows;
	unsigned long long packets;
	double wall_ms; /* medians */
	double cpu_ms;
};

struct read_way {
	const char *name;
	enum subject_id subject;
	int (*read)(struct bpf_map *flows, struct read_result *result);
};

/* Ends with a row without a name. */
extern const struct read_way read_ways[];

int read_measure(const struct read_way *way, unsigned int flows,
		 const struct subject_options *options, struct read_result *result);

#endif
