/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * parse.h: from a frame to a flow key. Touches no map and no helper, so the
 * same file runs in BPF, in unit tests and under a fuzzer.
 */
#ifndef KIDOS_PARSE_H
#define KIDOS_PARSE_H

#include "abi.h"

enum kidos_tunnel {
	KIDOS_TUNNEL_NONE,
	KIDOS_TUNNEL_GRE,
	KIDOS_TUNNEL_VXLAN,
	KIDOS_TUNNEL_GENEVE,
	KIDOS_TUNNEL_IPIP, /* IPv4 in IPv4 or in IPv6 */
	KIDOS_TUNNEL_6IN4, /* IPv6 in IPv4 or in IPv6 */
	KIDOS_TUNNEL_MPLS,
};

/* What the hook knows beside the bytes. */
struct kidos_frame {
	void *data;
	void *data_end; /* end of what may be read directly */
	__u32 length; /* of the whole packet, which may reach beyond data_end */
	__u16 protocol; /* EtherType, host order, of a link without Ethernet header; 0: the frame has one */
	__u16 vlan; /* tag in metadata: VLAN id | 0x1000 if present, else 0 */
};

struct kidos_packet {
	struct kidos_flow_key key; /* slot and direction are left 0 */
	__u32 headers; /* bytes before the L4 payload, repeated in each segment; 0 unknown */
	__u32 inner; /* offset of the inner packet, 0 without a tunnel */
	__u32 tunnel_id;
	__u16 inner_protocol; /* EtherType of what lies there (0x6558: an Ethernet frame) */
	__u16 inner_vlan; /* second tag */
	__u8 class; /* enum kidos_class, always set */
	__u8 error; /* enum kidos_parse_error */
	__u8 has_key; /* key is complete: an IP packet without an error */
	__u8 tcp_flags;
	__u8 tunnel; /* enum kidos_tunnel */
};

#endif
