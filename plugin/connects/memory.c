/* SPDX-License-Identifier: MIT */
#include "connects/memory.h"
#include "connects/cgroups.h"
#include "connects/fanout.h"
#include "connects/owners.h"
#include "connects/whose.h"
#include "state/learned.h"

#define HEAD 48u /* of a preallocated element of a hash map, or so */

static uint64_t records_bytes(unsigned int cpus, uint32_t room)
{
	return (uint64_t)cpus * room * sizeof(struct kidos_connect_record);
}

/* Of a hash map. */
static uint64_t map_bytes(uint64_t entries, size_t key, size_t value)
{
	return entries * (HEAD + key + value);
}

/* Those whose entries depend on the shift, and what the plugin keeps beside them. */
static uint64_t scaled_bytes(uint32_t shift, struct kidos_connect_wanted wanted)
{
	const size_t owner = sizeof(struct kidos_connect_owner);

	return (map_bytes(KIDOS_CONNECT_OWNERS, owner, sizeof(struct kidos_connect_counts)) +
		map_bytes(KIDOS_CONNECT_FAILURES, sizeof(struct kidos_connect_failure), 8) +
		map_bytes(KIDOS_CONNECT_CALLS + KIDOS_CONNECT_PENDING, 8,
			  sizeof(struct kidos_connect_attempt))) /
		       (1u << shift) +
	       kidos_connect_owners_bytes(KIDOS_CONNECT_OWNERS >> shift) +
	       (wanted.whose ? kidos_connect_table_bytes(KIDOS_CONNECT_KNOWN >> shift) : 0);
}

uint64_t kidos_connect_bytes(const struct kidos_connect_settings *settings, unsigned int cpus,
			     struct kidos_connect_wanted wanted)
{
	return records_bytes(cpus, KIDOS_CONNECT_ROOM_LEAST) +
	       scaled_bytes(KIDOS_CONNECT_SHIFT_MOST, wanted) +
	       2 * map_bytes(KIDOS_CONNECT_OWNERS, sizeof(struct kidos_connect_owner),
			     sizeof(struct kidos_connect_live)) +
	       map_bytes(KIDOS_CONNECT_UNITS, 8, sizeof(struct kidos_connect_cgroup)) +
	       kidos_connect_tally_bytes(settings->max_commands) +
	       (wanted.alerts ? kidos_fanout_bytes(settings->fanout) + sizeof(struct kidos_learned)
			      : 0) +
	       (wanted.whose ? KIDOS_CONNECT_WORDS * sizeof(struct kidos_connect_words) : 0);
}

static uint64_t fit_maps(struct kidos_connect_wanted wanted, uint64_t room, uint32_t *shift)
{
	const uint64_t least = scaled_bytes(KIDOS_CONNECT_SHIFT_MOST, wanted);

	*shift = KIDOS_CONNECT_SHIFT_MOST;
	while (*shift && scaled_bytes(*shift - 1, wanted) - least <= room)
		--*shift;
	return scaled_bytes(*shift, wanted) - least;
}

static uint64_t fit_records(const struct kidos_connect_settings *settings, unsigned int cpus,
			    uint64_t room, uint32_t *records)
{
	*records = KIDOS_CONNECT_ROOM_LEAST;
	while (2ull * *records * cpus <= settings->recorder &&
	       records_bytes(cpus, 2 * *records - KIDOS_CONNECT_ROOM_LEAST) <= room)
		*records *= 2;
	return records_bytes(cpus, *records - KIDOS_CONNECT_ROOM_LEAST);
}

uint64_t kidos_connect_fit(const struct kidos_connect_settings *settings, unsigned int cpus,
			   struct kidos_connect_wanted wanted, uint64_t room,
			   struct kidos_connect_sizes *sizes)
{
	uint64_t bytes = fit_maps(wanted, room, &sizes->shift);

	return bytes + fit_records(settings, cpus, room - bytes, &sizes->room);
}
