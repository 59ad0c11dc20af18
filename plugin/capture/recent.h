/* SPDX-License-Identifier: MIT */
/*
 * recent.h: what mirror ports received of late, one record a packet, and who sent how much to whom.
 * Both lie in mapped arrays that kidosctl reads while they are written.
 */
#ifndef KIDOS_CAPTURE_RECENT_H
#define KIDOS_CAPTURE_RECENT_H

#include "capture/maps.h"
#include "parse.h"

#include <stdbool.h>
#include <stdint.h>

struct kidos_recent {
	struct kidos_packet_record *records; /* KIDOS_PACKET_RECORDS */
	struct kidos_pair *pairs; /* KIDOS_PAIRS */
	uint64_t last; /* record */
	uint64_t seed; /* of the pairs' hash */
	struct kidos_count unpaired, keyless;
};

void kidos_recent_take(struct kidos_recent *recent, unsigned int mirror, uint64_t time_ns,
		       uint32_t length, const struct kidos_packet *packet);

/* Pairs count from now on. */
void kidos_recent_clear(struct kidos_recent *recent);

/* One element as another process may read it; false where it is empty, or being written. */
bool kidos_record_read(const struct kidos_packet_record *from, struct kidos_packet_record *record);
bool kidos_pair_read(const struct kidos_pair *from, struct kidos_pair *pair);

#endif
