/* SPDX-License-Identifier: MIT */
/*
 * table_run.h: the traffic programs over a small flow table, fed by
 * BPF_PROG_TEST_RUN, and read as the plugin and kidosctl read it.
 */
#ifndef TABLE_RUN_H
#define TABLE_RUN_H

#include "links/programs.h"

#include <stdbool.h>

#define TABLE_SLOT 1
#define TABLE_SETS 32 /* 256 entries; as many flows in the baseline's hash map */

struct table_run {
	struct kidos_maps maps;
	struct kidos_meta meta;
	struct kidos_traffic *traffic;
	int link; /* of kidos_xdp, to a loopback without traffic */
	unsigned int slot; /* what is read below; all entries are of it */
};

/* What was sent of one class in one direction, or is somewhere. */
struct table_counts {
	struct kidos_count classes[KIDOS_DIRECTIONS][KIDOS_CLASSES];
};

/*
 * idle: units after which an entry is free. hash: on the rung of kernels before
 * 5.12, else on the best of this one. 0, or -errno with the reason logged.
 */
int table_run_open(struct table_run *run, unsigned int idle, bool hash);
/* The same with room for a policy, of which none is in force. */
int table_run_open_policed(struct table_run *run, unsigned int idle, bool hash);
void table_run_close(struct table_run *run);

/* Sends flow of a kind of frame (index into packet_kinds) through a program and adds it to sent. */
void table_run_send(const struct table_run *run, enum kidos_program program, unsigned int kind,
		    unsigned int flow, struct table_counts *sent);
/* The same so many times, without a system call in between. */
void table_run_burst(const struct table_run *run, enum kidos_program program, unsigned int kind,
		     unsigned int flow, unsigned int times, struct table_counts *sent);

/*
 * Of the hash map: entries without a packet for age units; below 0: also those
 * that get packets meanwhile. Returns how many there were.
 */
unsigned int table_run_remove(const struct table_run *run, int age);

/* Packets are counted in this slot from now on, and it is read. */
void table_run_slot(struct table_run *run, unsigned int slot);

/* Wire units, summed over the CPUs. errors: malformed packets. */
void table_run_totals(const struct table_run *run, struct table_counts *totals, uint64_t *errors);
void table_run_retired(const struct table_run *run, struct table_counts *retired);
/* Entries; one that is being written is waited for. Returns how many there are. */
unsigned int table_run_live(const struct table_run *run, struct table_counts *live);

struct kidos_count table_sum(const struct table_counts *counts);

#endif
