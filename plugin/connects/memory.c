/* SPDX-License-Identifier: MIT */
#include "connects/memory.h"
#include "connects/fanout.h"
#include "connects/owners.h"
#include "state/learned.h"

#define HEAD 48u /* of a preallocated element of a hash map, or so */

static uint64_t records_bytes(unsigned int cpus, uint32_t room)
{
	return (uint64_t)cpus * room * sizeof(struct kidos_connect_record);
}

uint64_t kidos_connect_bytes(const struct kidos_connect_settings *settings, unsigned int cpus)
{
	return records_bytes(cpus, KIDOS_CONNECT_ROOM_LEAST) +
	       KIDOS_CONNECT_OWNERS * (HEAD + sizeof(struct kidos_connect_owner) +
				       sizeof(struct kidos_connect_counts)) +
	       KIDOS_CONNECT_OWNERS * (HEAD + sizeof(struct kidos_connect_owner) +
				       sizeof(struct kidos_connect_live)) +
	       KIDOS_CONNECT_FAILURES * (HEAD + sizeof(struct kidos_connect_failure) + 8) +
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
