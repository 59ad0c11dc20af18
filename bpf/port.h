/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* port.h: which interface a packet is of. */
#ifndef KIDOS_PORT_H
#define KIDOS_PORT_H

#include "abi.h"

#define KIDOS_DEFAULT_PORTS 256

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_DEFAULT_PORTS);
	__type(key, __u32);
	__type(value, struct kidos_port);
} ports SEC(".maps");

/* mask: entries of `ports` - 1. */
static __always_inline struct kidos_port port_of(__u32 netns, __u32 ifindex, __u32 mask)
{
	struct kidos_port other = { .slot = KIDOS_SLOT_OTHER, .flags = KIDOS_PORT_ETHERNET };
	__u32 home = kidos_port_home(netns, ifindex);

	KIDOS_NO_UNROLL
	for (__u32 i = 0; i < KIDOS_PORT_PROBES; i++) {
		__u32 index = (home + i) & mask;
		struct kidos_port *port = bpf_map_lookup_elem(&ports, &index);

		if (!port || !port->ifindex)
			break;
		if (port->ifindex == ifindex && port->netns == netns)
			return *port;
	}
	return other;
}

#endif
