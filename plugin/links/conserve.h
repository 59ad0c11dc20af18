/* SPDX-License-Identifier: MIT */
/*
 * conserve.h: our counts of an interface against its own. Each driver counts
 * in a way of its own, so that ours become a range, as do the driver's, which
 * were read before and after ours: what lies between the two is unaccounted.
 */
#ifndef KIDOS_LINKS_CONSERVE_H
#define KIDOS_LINKS_CONSERVE_H

#include "abi.h"
#include "links/link.h"

/* Counts of one direction in both units since the slot was first used. */
struct kidos_sum {
	uint64_t hook_packets, hook_bytes;
	uint64_t wire_packets, wire_bytes;
};

/* A counter of the interface: low as read before ours, high after. */
struct kidos_span {
	uint64_t low, high;
};

struct kidos_own {
	struct kidos_span packets, bytes;
	struct kidos_span lost; /* of packets: dropped after us; high: and those still queued */
};

/* Ours as attaching began, the interface's until it ended: what came meanwhile is either's. */
struct kidos_base {
	struct kidos_sum ours[KIDOS_DIRECTIONS];
	struct kidos_own own[KIDOS_DIRECTIONS];
};

/* 0 within the span. */
struct kidos_distance {
	uint64_t packets, bytes; /* bytes: 0 too where the rule knows nothing of them */
};

/* Takes the counters in: read for the first time before ours, then after them. */
void kidos_own_widen(struct kidos_own own[KIDOS_DIRECTIONS],
		     const struct kidos_link_counters *counters, bool first);

/*
 * Did a counter of the interface start again since it was last read, or is
 * its root qdisc another one, which took its drops and its queue with it?
 * What was lost is not to be known: the check begins anew.
 */
bool kidos_counters_restarted(const struct kidos_link_counters *last,
			      const struct kidos_link_counters *now);

/* How far ours of one direction lie from what the interface counted since base. */
struct kidos_distance kidos_unaccounted(const struct kidos_count_rule *rule,
					const struct kidos_base *base,
					enum kidos_direction direction,
					const struct kidos_sum *ours, const struct kidos_own *own);

#endif
