/* SPDX-License-Identifier: MIT */
/*
 * entry.h: reading one entry of the flow table while the programs write.
 */
#ifndef KIDOS_FLOWS_ENTRY_H
#define KIDOS_FLOWS_ENTRY_H

#include "state/state.h"

#include <stdbool.h>

struct kidos_flow_reading {
	struct kidos_flow_key key;
	uint64_t packets; /* low 32 bits: wraps are in the detail's packets_carry */
	uint64_t bytes;
	uint32_t owner; /* changes when the entry is given to another flow */
	uint32_t last; /* kidos time units */
	uint32_t marks;
};

/*
 * Reads the entry of set `index`; false if it was never used, is being
 * written, or changed hands under way. A key that does not hash to its set
 * was read torn: BPF has no barrier for plain stores before 6.15.
 */
bool kidos_flow_read(const struct kidos_flow *flow, uint32_t index, const struct kidos_meta *meta,
		     struct kidos_flow_reading *reading);

/* One flow for people: counts whole, times in CLOCK_REALTIME nanoseconds. */
struct kidos_flow_view {
	struct kidos_flow_key key;
	uint64_t packets, bytes;
	uint64_t first_ns, last_ns;
	uint32_t tunnel_id;
	uint16_t inner_vlan;
	uint8_t tcp_flags;
	bool idle; /* longer than IdleTimeout: its entry is free to the next flow */
};

/* What kidos time units mean now: taken once per scan. */
struct kidos_clock {
	uint64_t realtime_ns;
	uint64_t table_ns; /* since the table's clock was 0 */
	uint64_t unit_ns;
};
void kidos_clock_now(struct kidos_clock *clock, const struct kidos_meta *meta);
/* Now in kidos time units. */
uint32_t kidos_clock_units(const struct kidos_clock *clock);
/* Units of the last 2^31 to CLOCK_REALTIME nanoseconds. */
uint64_t kidos_clock_realtime(const struct kidos_clock *clock, uint32_t units);

#endif
