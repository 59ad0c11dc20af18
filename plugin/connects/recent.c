/* SPDX-License-Identifier: MIT */
#include "connects/recent.h"

#include <string.h>

/*
 * The programs write 0 to sequence, then the rest, then sequence: it stands for
 * the whole while it is the same before and after. sequence_end catches stores
 * that another processor saw in another order.
 */
bool kidos_connect_record_read(const struct kidos_connect_record *record,
			       struct kidos_connect_record *copy)
{
	__u64 sequence = __atomic_load_n(&record->sequence, __ATOMIC_ACQUIRE);

	*copy = *record;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!sequence || __atomic_load_n(&record->sequence, __ATOMIC_RELAXED) != sequence ||
	    copy->sequence != sequence || copy->sequence_end != sequence)
		return false;
	return copy->kind >= KIDOS_CONNECT_CONNECT && copy->kind <= KIDOS_CONNECT_CLOSE &&
	       copy->outcome < KIDOS_CONNECT_OUTCOMES;
}

static const struct kidos_connect_record *ring_of(const struct kidos_connect_rings *rings,
						  unsigned int cpu)
{
	return rings->records + (size_t)cpu * rings->room;
}

uint64_t kidos_connect_recent(const struct kidos_connect_rings *rings, uint64_t *last,
			      kidos_connect_record_take take, void *context)
{
	struct kidos_connect_record copy;
	uint64_t overwritten = 0;

	for (unsigned int cpu = 0; rings->records && cpu < rings->cpus; cpu++) {
		const struct kidos_connect_record *ring = ring_of(rings, cpu);
		uint64_t newest = last[cpu], given = 0;

		for (unsigned int i = 0; i < rings->room; i++) {
			if (__atomic_load_n(&ring[i].sequence, __ATOMIC_RELAXED) <= last[cpu] ||
			    !kidos_connect_record_read(&ring[i], &copy))
				continue;
			newest = copy.sequence > newest ? copy.sequence : newest;
			given++;
			take(&copy, context);
		}
		overwritten += newest - last[cpu] - given;
		last[cpu] = newest;
	}
	return overwritten;
}

/* Returns how many were overwritten: their places have one that came a round later, or more. */
static uint64_t follow_ring(const struct kidos_connect_record *ring, unsigned int room,
			    uint64_t *last, kidos_connect_record_take take, void *context)
{
	const struct kidos_connect_record *next = &ring[(*last + 1) & (room - 1)];
	struct kidos_connect_record copy;
	uint64_t overwritten = 0;

	while (__atomic_load_n(&next->sequence, __ATOMIC_RELAXED) > *last &&
	       kidos_connect_record_read(next, &copy)) {
		if (copy.sequence == *last + 1) {
			*last = copy.sequence;
			take(&copy, context);
		} else {
			overwritten += copy.sequence - room - *last;
			*last = copy.sequence - room;
		}
		next = &ring[(*last + 1) & (room - 1)];
	}
	return overwritten;
}

uint64_t kidos_connect_follow(const struct kidos_connect_rings *rings, uint64_t *last,
			      kidos_connect_record_take take, void *context)
{
	uint64_t overwritten = 0;

	for (unsigned int cpu = 0; rings->records && cpu < rings->cpus; cpu++)
		overwritten +=
			follow_ring(ring_of(rings, cpu), rings->room, &last[cpu], take, context);
	return overwritten;
}

/* The oldest of a ring that has been round, 0 of one that has not. */
static uint64_t oldest_time(const struct kidos_connect_record *ring, unsigned int room)
{
	struct kidos_connect_record copy;
	uint64_t lowest = UINT64_MAX, newest = 0, time = 0;

	for (unsigned int i = 0; i < room; i++) {
		if (!kidos_connect_record_read(&ring[i], &copy))
			continue;
		newest = copy.sequence > newest ? copy.sequence : newest;
		if (copy.sequence >= lowest)
			continue;
		lowest = copy.sequence;
		time = copy.time;
	}
	return newest > room ? time : 0;
}

uint64_t kidos_connect_reach(const struct kidos_connect_rings *rings, uint64_t started)
{
	for (unsigned int cpu = 0; rings->records && cpu < rings->cpus; cpu++) {
		uint64_t oldest = oldest_time(ring_of(rings, cpu), rings->room);

		if (oldest > started)
			started = oldest;
	}
	return started;
}
