/* SPDX-License-Identifier: MIT */
/* read.h: bringing a million flows to user space, in each way there is. */
#ifndef KIDOS_BENCH_READ_H
#define KIDOS_BENCH_READ_H

#include "subject.h"

/* The two ways that bars.c compares. */
#define READ_KIDOS "kidos, deltas and top 100"
#define READ_BATCH "PERCPU_HASH, batch look-up"

struct read_result {
	unsigned long flows;
	unsigned long long packets;
	double wall_ms; /* medians */
	double cpu_ms;
	unsigned long resident_kib; /* that the reader takes beyond the map; 0: not looked at */
};

struct read_way {
	const char *name;
	enum subject_id subject;
	int (*read)(const struct subject *subject, struct read_result *result);
	/* Around all rounds; NULL: nothing to do. close also after a failed open. */
	int (*open)(const struct subject *subject);
	void (*close)(void);
};

/* Ends with a row without a name. */
extern const struct read_way read_ways[];

/* read_kidos.c */
int read_kidos_open(const struct subject *subject);
void read_kidos_close(void);
int read_kidos(const struct subject *subject, struct read_result *result);

int read_measure(const struct read_way *way, unsigned int flows,
		 const struct subject_options *options, struct read_result *result);

#endif
