/* SPDX-License-Identifier: MIT */
#include "connects/memory.h"
#include "connects/cgroups.h"
#include "connects/fanout.h"
#include "connects/owners.h"
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

static uint64_t maps_bytes(void)
{
	const size_t owner = sizeof(struct kidos_connect_owner);

	return map_bytes(KIDOS_CONNECT_OWNERS, owner, sizeof(struct kidos_connect_counts)) +
	       2 * map_bytes(KIDOS_CONNECT_OWNERS, owner, sizeof(struct kidos_connect_live)) +
	       map_bytes(KIDOS_CONNECT_FAILURES, sizeof(struct kidos_connect_failure), 8) +
	       map_bytes(KIDOS_CONNECT_CALLS + KIDOS_CONNECT_PENDING, 8,
			 sizeof(struct kidos_connect_attempt)) +
	       map_bytes(KIDOS_CONNECT_UNITS, 8, sizeof(struct kidos_connect_cgroup));
}

uint64_t kidos_connect_bytes(const struct kidos_connect_settings *settings, unsigned int cpus)
{
	return records_bytes(cpus, KIDOS_CONNECT_ROOM_LEAST) + maps_bytes() +
	       KIDOS_CONNECT_OWNERS_BYTES + kidos_connect_tally_bytes(settings->max_commands) +
	       kidos_fanout_bytes(settings->fanout) + sizeof(struct kidos_learned);
}

uint32_t kidos_connect_room(const struct kidos_connect_settings *settings, unsigned int cpus,
			    uint64_t room, uint64_t *bytes)
{
	uint32_t records = KIDOS_CONNECT_ROOM_LEAST;

	while (2ull * records * cpus <= settings->recorder &&
	       records_bytes(cpus, 2 * records - KIDOS_CONNECT_ROOM_LEAST) <= room)
		records *= 2;
	*bytes = records_bytes(cpus, records - KIDOS_CONNECT_ROOM_LEAST);
	return records;
}
