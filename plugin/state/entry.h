/* SPDX-License-Identifier: MIT */
/*
 * entry.h: reading one entry of the flow table while the programs write.
 */
#ifndef KIDOS_STATE_ENTRY_H
#define KIDOS_STATE_ENTRY_H

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
 * Reads an entry; false if it was never used, was emptied, is being written,
 * or changed hands under way. The programs take an entry and give it away by
 * atomic operations that return a value, which are full barriers on every
 * machine: a key between two equal states is whole. So no reader needs the
 * hash's seed, and none but root can have it.
 */
bool kidos_flow_read(const struct kidos_flow *flow, struct kidos_flow_reading *reading);

/* An emptied entry's key, which is no packet's: IPv4 without its ::ffff. */
static inline bool kidos_key_is_empty(const struct kidos_flow_key *key)
{
	return key->meta == KIDOS_META_IPV4 && !key->src.halves[1];
}

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
/* Units that have passed (kidos_age) to CLOCK_REALTIME nanoseconds. */
uint64_t kidos_clock_realtime(const struct kidos_clock *clock, uint32_t units);

#endif
