/* SPDX-License-Identifier: MIT */
/* sources.h: who sent what to which interface, by the flow table as it is now. */
#ifndef KIDOS_POLICY_SOURCES_H
#define KIDOS_POLICY_SOURCES_H

#include "state/maps.h"

struct kidos_source {
	union kidos_address address;
	uint64_t packets, bytes;
	uint32_t flows;
	uint16_t slot;
	bool ipv4;
};

struct kidos_sources {
	struct kidos_source *items; /* each source of a slot once; by slot, family and address */
	size_t count;
	bool failed; /* out of memory while it was filled */
	size_t room;
};

/* Received flows only. 0 or -errno; free it either way. */
int kidos_sources_read(struct kidos_sources *sources, struct kidos_maps *maps);
void kidos_sources_free(struct kidos_sources *sources);

#endif
