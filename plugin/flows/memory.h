/* SPDX-License-Identifier: MIT */
/* memory.h: what the flow table and its reader take. */
#ifndef KIDOS_FLOWS_MEMORY_H
#define KIDOS_FLOWS_MEMORY_H

#include "flows/settings.h"

#define KIDOS_FLOWS_LEAST 1024u /* flows of the smallest table there is */

/* Bytes in maps and in the reader of a table for this many flows. */
uint64_t kidos_flow_bytes(uint32_t max_flows);
/* Sets of such a table: a power of two. */
uint32_t kidos_flow_sets(uint32_t max_flows);

/* Bytes beside the table: the spill ring, and series of single flows. */
uint64_t kidos_flow_extra_bytes(const struct kidos_flow_settings *settings);

/*
 * The largest power of two of flows up to MaxFlows whose table takes at most
 * `room` bytes more than the smallest.
 */
uint32_t kidos_flows_that_fit(const struct kidos_flow_settings *settings, uint64_t room);

#endif
