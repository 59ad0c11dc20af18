/* SPDX-License-Identifier: MIT */
#include "state/entry.h"
#include "core/now.h"

#include <string.h>

bool kidos_flow_read(const struct kidos_flow *flow, struct kidos_flow_reading *reading)
{
	uint64_t before = __atomic_load_n(&flow->state, __ATOMIC_ACQUIRE), after;

	reading->owner = kidos_state_owner(before);
	if (!reading->owner || before & KIDOS_STATE_WRITING)
		return false;
	reading->key = flow->key;
	reading->bytes = __atomic_load_n(&flow->bytes, __ATOMIC_RELAXED);
	reading->last = __atomic_load_n(&flow->last, __ATOMIC_RELAXED);
	reading->marks = __atomic_load_n(&flow->marks, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = __atomic_load_n(&flow->state, __ATOMIC_RELAXED);
	reading->packets = after >> KIDOS_STATE_PACKETS_SHIFT;
	if (((uint32_t)before ^ (uint32_t)after) & ~KIDOS_STATE_OVERFLOWED)
		return false;
	return !kidos_key_is_empty(&reading->key);
}

void kidos_clock_now(struct kidos_clock *clock, const struct kidos_meta *meta)
{
	clock->unit_ns = meta->unit_ns ? meta->unit_ns : 1; /* no divisor in a file is trusted */
	clock->realtime_ns = kidos_now_ns(CLOCK_REALTIME);
	clock->table_ns = kidos_now_ns(CLOCK_MONOTONIC) - (uint64_t)meta->time_origin_ns;
}

uint32_t kidos_clock_units(const struct kidos_clock *clock)
{
	return (uint32_t)(clock->table_ns / clock->unit_ns);
}

uint64_t kidos_clock_realtime(const struct kidos_clock *clock, uint32_t units)
{
	uint32_t now = kidos_clock_units(clock), age = kidos_age(now, units);

	if (!age && units != now) /* a tick ahead of ours */
		return clock->realtime_ns;
	/* From the start of the present unit, so that a time reads the same each time. */
	return clock->realtime_ns - age * clock->unit_ns - clock->table_ns % clock->unit_ns;
}
