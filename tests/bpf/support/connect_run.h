/* SPDX-License-Identifier: MIT */
/*
 * connect_run.h: a rung that is loaded, a process that connects under a name
 * of its own in a network namespace of its own, and what was counted of it.
 */
#ifndef KIDOS_CONNECT_RUN_H
#define KIDOS_CONNECT_RUN_H

#include "abi_connect.h"
#include "connects/programs.h"

#include <stdbool.h>
#include <sys/types.h>

#define RUN_ERRORS 4

/* What was counted; in an expectation, what is to be. */
struct ledger {
	uint64_t attempts, succeeded, abandoned, lost, failed;
	struct {
		unsigned int error;
		uint64_t count;
	} errors[RUN_ERRORS];
	uint64_t accepts, rx, tx, retransmits, datagrams, latencies;
};

struct run {
	struct kidos_connect_maps maps;
	struct kidos_connect_state state;
	struct kidos_connects *connects; /* NULL: this kernel has not got the rung */
	struct kidos_connect_record *records;
	char reason[KIDOS_REASON];
};

/* What a process of this name is called. */
const char *run_comm(const char *name, char comm[KIDOS_COMM]);

/* probe: an index of kidos_connect_probe_names. */
void run_open(struct run *run, unsigned int probe, bool datagrams);
void run_close(struct run *run);

/*
 * Forks; the child is alone with an interface lo that is up,
 * and returns 0 from work. False if it did not.
 */
bool run_as(const char *name, int (*work)(void *context), void *context);

/* The same, which goes on until run_end kills it. */
pid_t run_start(const char *name, int (*work)(void *context), void *context);
void run_end(pid_t child);

/* Of all owners of this name. */
void run_ledger(const struct run *run, const char *name, enum kidos_connect_protocol protocol,
		struct ledger *ledger);
uint64_t run_failures(const struct run *run, const char *name, enum kidos_connect_protocol protocol,
		      unsigned int error);

/* Calls see for each whole record of this name, oldest first; returns how many. */
size_t run_records(const struct run *run, const char *name,
		   void (*see)(const struct kidos_connect_record *record, void *context),
		   void *context);

/* connect_live of this name, as of the last walk. */
void run_live(const struct run *run, const char *name, struct kidos_connect_live *live);

#endif
