/* SPDX-License-Identifier: MIT */
/* flow_filter.h: which flows are meant, and the words that say so. */
#ifndef KIDOS_CORE_FLOW_FILTER_H
#define KIDOS_CORE_FLOW_FILTER_H

#include "core/prefix.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_FILTER_ANY (-1)
#define KIDOS_FILTER_ENDS 8

/* One end, as on the wire. */
struct kidos_filter_end {
	struct kidos_prefix prefix; /* with has_prefix */
	bool has_prefix;
	int port; /* or KIDOS_FILTER_ANY */
};

/* Everything that is set must hold; an end is the source or the destination. */
struct kidos_flow_filter {
	const bool *slots; /* KIDOS_SLOTS_MAX of them, NULL: any */
	int direction; /* enum kidos_direction or KIDOS_FILTER_ANY */
	int protocol; /* number or KIDOS_FILTER_ANY */
	int vlan; /* its id, 0: untagged, or KIDOS_FILTER_ANY */
	struct kidos_filter_end src, dst;
	struct kidos_prefix prefixes[KIDOS_FILTER_ENDS]; /* each holds an end */
	size_t prefix_count;
	uint16_t ports[KIDOS_FILTER_ENDS]; /* each is an end's */
	size_t port_count;
};

#define KIDOS_FLOW_FILTER_ALL                                                \
	{                                                                    \
		.direction = KIDOS_FILTER_ANY, .protocol = KIDOS_FILTER_ANY, \
		.vlan = KIDOS_FILTER_ANY, .src.port = KIDOS_FILTER_ANY,      \
		.dst.port = KIDOS_FILTER_ANY                                 \
	}

/* Does it ask for an address, for a port? */
bool kidos_flow_filter_has_address(const struct kidos_flow_filter *filter);
bool kidos_flow_filter_has_port(const struct kidos_flow_filter *filter);

bool kidos_flow_matches(const struct kidos_flow_filter *filter, const struct kidos_flow_key *key);

/* A name that kidos_protocol_name() writes, or a number. */
bool kidos_protocol_parse(const char *text, int *protocol);

#endif
