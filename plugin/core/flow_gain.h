/* SPDX-License-Identifier: MIT */
/* flow_gain.h: what one flow gained in a window of time, as collectors give it to each other. */
#ifndef KIDOS_CORE_FLOW_GAIN_H
#define KIDOS_CORE_FLOW_GAIN_H

#include "abi.h"

#include <stdint.h>

/* What became of a flow's packets: of the last one, where it was not the same for all. */
enum kidos_flow_action {
	KIDOS_ACTION_PERMITTED, /* also where there is no policy */
	KIDOS_ACTION_LOGGED, /* not permitted, and passed */
	KIDOS_ACTION_DROPPED,
};

/* Pointers are valid during the call only. */
struct kidos_flow_gain {
	const struct kidos_flow_key *key;
	const char *interface; /* its name in values: raw */
	struct kidos_count gained; /* on the wire */
	uint64_t first_ns, last_ns; /* the flow's first and last packet, CLOCK_REALTIME */
	enum kidos_flow_action action;
	uint32_t first_size, least_size, most_size; /* of the flow's packets; 0: not known */
};

#endif
