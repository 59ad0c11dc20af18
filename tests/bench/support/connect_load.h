/* SPDX-License-Identifier: MIT */
/* connect_load.h: what the bench of connects has the kernel do, and for how long that takes. */
#ifndef KIDOS_BENCH_CONNECT_LOAD_H
#define KIDOS_BENCH_CONNECT_LOAD_H

struct connect_load {
	const char *name;
	const char *what;
	unsigned int count; /* at once */
	void (*run)(unsigned int count);
};

/* Ends with a row without a name. */
extern const struct connect_load connect_loads[];

/* Listeners and sockets of this process, in a network namespace of its own. Exits on failure. */
void connect_load_prepare(void);

/* ns of one: the best of many short measurements, since others run on the CPU too. */
double connect_load_measure(const struct connect_load *load);

struct connect_flood {
	double seconds;
	double rate; /* of all threads a second; 0: as fast as they can */
	unsigned long done;
};

/* UDP connects of two threads. */
void connect_load_flood(struct connect_flood *flood);

/* Connections that stay open, both ends in this process. Returns how many there are. */
unsigned int connect_load_open(unsigned int wanted);

#endif
