/* SPDX-License-Identifier: MIT */
/* measure.h: scenarios, and what a packet costs in them. */
#ifndef KIDOS_BENCH_MEASURE_H
#define KIDOS_BENCH_MEASURE_H

#include "subject.h"

enum load {
	LOAD_STEADY, /* every flow is in the table before */
	LOAD_INSERT, /* every packet is the first of its flow; the table starts empty */
	LOAD_CHURN, /* steady, and each tenth packet is the first of a new flow */
};

struct scenario {
	const char *name;
	const char *frame; /* packet kind */
	enum load load;
	unsigned int flows;
	unsigned int cpus;
	bool ours_only; /* the peers do not read such frames */
	enum driver_shape shape;
};

struct measure_options {
	struct subject_options subject;
	unsigned int rounds;
	unsigned int packets; /* of each CPU in each round */
};

struct cost {
	bool valid;
	double gross; /* ns per packet on its CPU, median of the rounds, driver included */
	double net; /* without the driver and the empty program */
	long long unaccounted; /* packets: totals less entries and retired */
	double lost; /* share of all packets, those that filled the table included, without room */
};

/* Ends with a row without a name. */
extern const struct scenario scenarios[];

int measure(const struct scenario *scenario, const struct measure_options *options,
	    struct cost costs[SUBJECTS]);

/* Puts flows 0 to flows - 1 in, one packet each, from CPU 0. */
int measure_fill(const struct subject *subject, unsigned int flows);

#endif
