/* SPDX-License-Identifier: MIT */
/* whose.h: whose a packet is: who has packets asks, who knows connections answers. */
#ifndef KIDOS_CORE_WHOSE_H
#define KIDOS_CORE_WHOSE_H

#include "abi.h"

#include <stdbool.h>

/* command="..." pid=N unit="...": texts of other people's, escaped to four times their length. */
#define KIDOS_WHOSE_WORDS 640

/* Given to KIDOS_SINK_WHOSE. */
struct kidos_whose {
	const struct kidos_flow_key *flow; /* its addresses, ports and protocol alone count */
	uint32_t netns; /* inode of the namespace in which the packet was seen */
	uint64_t boot_ns; /* CLOCK_BOOTTIME: when */
	bool begins; /* a connection, so that it is none's that had ended by then */
	char *words; /* the answer, of KIDOS_WHOSE_WORDS bytes; left alone where there is none */
};

#endif
