/* SPDX-License-Identifier: MIT */
#include "drops/memory.h"
#include "abi_alert.h"
#include "state/learned.h"
#include "drops/tally.h"

#define NAMES (6ull << 20) /* of the kernel's functions and of reasons */

static uint64_t records_bytes(unsigned int cpus, uint32_t room)
{
	return (uint64_t)cpus * room * sizeof(struct kidos_drop_record);
}

/* A preallocated element of a hash map has a head of 48 bytes or so. */
uint64_t kidos_drop_bytes(unsigned int cpus)
{
	return records_bytes(cpus, KIDOS_DROP_ROOM_LEAST) +
	       KIDOS_DROP_KEYS * (48ull + sizeof(struct kidos_drop_key) + 8) +
	       KIDOS_DROP_OWNERS * (56ull + sizeof(struct kidos_owner_key) +
				    sizeof(struct kidos_owner_process)) +
	       KIDOS_DROP_REASONS * 64ull + KIDOS_ALERT_RING + KIDOS_DROP_TALLY_BYTES + NAMES +
	       sizeof(struct kidos_learned);
}

uint32_t kidos_drop_room(unsigned int cpus, uint64_t room, uint64_t *bytes)
{
	uint32_t records = KIDOS_DROP_ROOM_LEAST;

	while (2ull * records * cpus <= KIDOS_DROP_RECORDS &&
	       records_bytes(cpus, 2 * records - KIDOS_DROP_ROOM_LEAST) <= room)
		records *= 2;
	*bytes = records_bytes(cpus, records - KIDOS_DROP_ROOM_LEAST);
	return records;
}
