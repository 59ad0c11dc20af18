/* SPDX-License-Identifier: MIT */
#include "links/conserve.h"

#define SKB_BYTES_MAX (8u * 65536) /* of one skb: BIG TCP, Linux 5.19 */

/*
 * tc egress comes before the qdisc: what that or the driver drops was sent by
 * us all the same.
 */
void kidos_own_widen(struct kidos_own own[KIDOS_DIRECTIONS],
		     const struct kidos_link_counters *counters, bool first)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		uint64_t lost = d == KIDOS_TX ? counters->dropped[d] + counters->qdisc_drops : 0;
		uint64_t queued = d == KIDOS_TX ? counters->qdisc_queued : 0;

		if (first) {
			own[d].packets.low = counters->packets[d] + lost;
			own[d].bytes.low = counters->bytes[d];
			own[d].lost.low = lost;
		}
		own[d].packets.high = counters->packets[d] + lost + queued;
		own[d].bytes.high = counters->bytes[d];
		own[d].lost.high = lost + queued;
	}
}

bool kidos_counters_restarted(const struct kidos_link_counters *last,
			      const struct kidos_link_counters *now)
{
	bool restarted = now->qdisc != last->qdisc || now->qdisc_drops < last->qdisc_drops;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		restarted = restarted || now->packets[d] < last->packets[d] ||
			    now->bytes[d] < last->bytes[d] || now->dropped[d] < last->dropped[d];
	return restarted;
}

static struct kidos_span between(enum kidos_unit unit, uint64_t hook, uint64_t wire)
{
	struct kidos_span span = { .low = unit == KIDOS_UNIT_WIRE ? wire : hook,
				   .high = unit == KIDOS_UNIT_HOOK ? hook : wire };

	if (unit == KIDOS_UNIT_AT_LEAST)
		span.high = UINT64_MAX;
	return span;
}

/* What a driver that keeps the rule must have counted. */
static struct kidos_own expect(const struct kidos_count_rule *rule, const struct kidos_sum *base,
			       const struct kidos_sum *now)
{
	struct kidos_own own = {
		.packets = between(rule->packets, now->hook_packets - base->hook_packets,
				   now->wire_packets - base->wire_packets),
		.bytes = between(rule->bytes, now->hook_bytes - base->hook_bytes,
				 now->wire_bytes - base->wire_bytes),
	};

	own.bytes.low += own.packets.low * (uint64_t)(int64_t)rule->beside_low;
	own.bytes.high += own.packets.high * (uint64_t)(int64_t)rule->beside_high;
	return own;
}

static uint64_t distance(const struct kidos_span *ours, const struct kidos_span *own)
{
	if (ours->high < own->low)
		return own->low - ours->high;
	return ours->low > own->high ? ours->low - own->high : 0;
}

static struct kidos_span since(const struct kidos_span *base, const struct kidos_span *now)
{
	return (struct kidos_span){ now->low > base->high ? now->low - base->high : 0,
				    now->high > base->low ? now->high - base->low : 0 };
}

/* Nobody counts the bytes of what was lost or waits: at most, those of whole skbs. */
static struct kidos_span bytes_since(const struct kidos_own *base, const struct kidos_own *now)
{
	struct kidos_span bytes = since(&base->bytes, &now->bytes);
	uint64_t waited = (base->lost.high - base->lost.low) * SKB_BYTES_MAX;

	bytes.low -= bytes.low > waited ? waited : bytes.low;
	bytes.high += since(&base->lost, &now->lost).high * SKB_BYTES_MAX;
	return bytes;
}

struct kidos_distance kidos_unaccounted(const struct kidos_count_rule *rule,
					const struct kidos_base *base,
					enum kidos_direction direction,
					const struct kidos_sum *ours, const struct kidos_own *own)
{
	struct kidos_own wanted = expect(rule, &base->ours[direction], ours);
	struct kidos_span packets = since(&base->own[direction].packets, &own->packets);
	struct kidos_span bytes = bytes_since(&base->own[direction], own);
	struct kidos_distance result = { .packets = distance(&wanted.packets, &packets) };

	if (rule->bytes != KIDOS_UNIT_UNKNOWN)
		result.bytes = distance(&wanted.bytes, &bytes);
	return result;
}
