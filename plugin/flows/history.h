/* SPDX-License-Identifier: MIT */
/* history.h: what each flow had at the last poll, for rates while watching. */
#ifndef KIDOS_FLOWS_HISTORY_H
#define KIDOS_FLOWS_HISTORY_H

#include "flows/rows.h"

struct kidos_flow_memory;

/* Two open-addressed tables, of the last poll and of this one. */
struct kidos_flow_history {
	struct kidos_flow_memory *before, *now;
	size_t mask; /* places - 1 */
	uint64_t seed;
	uint64_t before_ns, now_ns; /* CLOCK_REALTIME, 0: no poll yet */
};

/* Begins a poll of a table of up to `entries` flows. False without memory. */
bool kidos_flow_history_begin(struct kidos_flow_history *history, size_t entries, uint64_t now_ns);

/*
 * Fills row's new_packets and new_bytes, and remembers the row. hint: where it
 * may lie, its place in the flow table or its hash. A flow without memory is
 * new as a whole if it began after the last poll.
 */
void kidos_flow_history_apply(struct kidos_flow_history *history, size_t hint,
			      struct kidos_flow_row *row);

/* Seconds between the last poll and this one; 0 at the first. */
double kidos_flow_history_seconds(const struct kidos_flow_history *history);
void kidos_flow_history_free(struct kidos_flow_history *history);

#endif
