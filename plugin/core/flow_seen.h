/* SPDX-License-Identifier: MIT */
/* flow_seen.h: a flow as a poll's scan of the table saw it, for whoever judges flows. */
#ifndef KIDOS_CORE_FLOW_SEEN_H
#define KIDOS_CORE_FLOW_SEEN_H

#include "abi.h"

#include <stddef.h>
#include <stdint.h>

/* Pointers are valid during the call only. Times are kidos time units. */
struct kidos_flow_seen {
	const struct kidos_flow_key *key;
	struct kidos_count gained; /* on the wire, since the last scan */
	uint32_t packets; /* in all, modulo 2^32 */
	uint32_t marks; /* TCP flags, verdict */
	uint32_t last, now; /* of its last packet, of the scan */
	const struct kidos_flow_detail *detail; /* of the hash map's, else NULL ... */
	size_t entry; /* ... and its place in the table */
};

#endif
