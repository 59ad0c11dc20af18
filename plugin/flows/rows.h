/* SPDX-License-Identifier: MIT */
/* rows.h: rows of a flow list, and the first ones of a sort without sorting all. */
#ifndef KIDOS_FLOWS_ROWS_H
#define KIDOS_FLOWS_ROWS_H

#include "state/entry.h"

/* One flow, or the sum of a group of flows, whose key has only what they share. */
struct kidos_flow_row {
	struct kidos_flow_view view;
	uint64_t flows;
	uint64_t new_packets, new_bytes; /* since the last poll, when watching */
};

/* Descending; names: kidos_flow_sort_names. */
enum kidos_flow_sort {
	KIDOS_SORT_BYTES,
	KIDOS_SORT_PACKETS,
	KIDOS_SORT_LAST,
	KIDOS_SORT_FIRST,
	KIDOS_SORTS
};
extern const char *const kidos_flow_sort_names[KIDOS_SORTS];

/* Above 0 if a comes before b. By bytes or packets, what is new counts first. */
int kidos_flow_row_compare(const struct kidos_flow_row *a, const struct kidos_flow_row *b,
			   enum kidos_flow_sort sort);

/* The first `limit` rows of all that were offered: a heap, its root the least of them. */
struct kidos_flow_top {
	enum kidos_flow_sort sort;
	size_t limit; /* 0: keep all */
	size_t count;
	size_t room;
	struct kidos_flow_row *rows;
};

bool kidos_flow_top_offer(struct kidos_flow_top *top, const struct kidos_flow_row *row);
/* Puts the rows into their order; no more offers after it. */
void kidos_flow_top_finish(struct kidos_flow_top *top);
void kidos_flow_top_free(struct kidos_flow_top *top);

#endif
