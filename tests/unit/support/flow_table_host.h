/* SPDX-License-Identifier: MIT */
/*
 * flow_table_host.h: the programs' flow table over arrays of this process,
 * and flows that are known by their number: what an entry of flow n holds can
 * be told from n, so that a torn one shows.
 */
#ifndef FLOW_TABLE_HOST_H
#define FLOW_TABLE_HOST_H

#include "state/entry.h"

#define HOST_IDLE 1000 /* units after which an entry is free to the next flow */

struct host_table {
	struct kidos_flow_set *sets;
	struct kidos_detail_set *details;
	struct kidos_meta meta; /* set_mask, idle: as the reader has them */
	struct kidos_hash_seed seed;
	struct kidos_count sent, retired, spilled;
	uint64_t evicted, unattributed;
};

extern struct host_table host;

/* For any thread; cmocka's assertions end a test in the main thread only. */
#define host_check(condition) ((condition) ? (void)0 : host_fail(__FILE__, __LINE__, #condition))
_Noreturn void host_fail(const char *file, int line, const char *condition);

/* An empty table of so many sets, a power of two; fails the test without memory. */
void host_open(uint32_t sets);
void host_close(void);

/* Bytes of each packet of a flow. */
uint64_t host_size(uint32_t flow);
struct kidos_flow_key host_key(uint32_t flow);
/* The number of the flow with this key; ends the program if there is no such key. */
uint32_t host_number(const struct kidos_flow_key *key);

/* Counts packets of a flow as the programs do: totals, then the table, else retired. */
void host_send(uint32_t flow, uint32_t packets, uint32_t now);

/*
 * What all entries hold; flows: how many are in use. An entry that is being
 * written is waited for, so that nothing is on its way out of the table.
 */
struct kidos_count host_live(uint64_t *flows);
/* The entry of a flow and its place; false if it has none. */
bool host_find(uint32_t flow, struct kidos_flow_reading *reading, uint32_t *set, uint32_t *way);

/* At rest: each entry is whole, and all of them + retired = sent. */
void host_assert_exact(void);

#endif
