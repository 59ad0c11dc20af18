/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * parse.h: from a frame to a flow key. Touches no map and no helper, so the
 * same file runs in BPF, in unit tests and under a fuzzer.
 *
 *   parse_cursor.h     reading, and what keeps a verifier's work small
 *   parse_tunnel.h     where an inner packet begins
 *   parse_transport.h  ports, header lengths, protocol classes
 *   parse_network.h    IPv4, IPv6 and its extension headers
 *   parse_link.h       tags, PPPoE, SNAP, MPLS: what lies before IP
 *   parse.h            Ethernet, and the two entries:
 *                      kidos_parse, kidos_parse_inner
 *
 * What the key of a packet is:
 * - The protocol is the last of an IPv6 chain; AH and ESP end it. In a later
 *   fragment it is what the fragment header names, and ports are 0.
 * - The VLAN is the outermost tag's, in metadata or in the frame; a priority
 *   tag is VLAN 0 and still the outermost.
 * - A tunnel's own key is of its outer packet. Fragments of a tunnel have no
 *   inner packet.
 * - Protocols not in kidos_class (UDP-Lite, DCCP, OSPF ...) are other_ip, with
 *   ports where they have them. Numbers mean the same over IPv4 and IPv6.
 * - Behind PPPoE, SNAP and MPLS it is the IP packet's, as behind a tag.
 * - What is neither IP nor ARP (other LLC, pseudowires, MACsec ...) is other,
 *   and not looked into.
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
};

#define KIDOS_VLAN_PRESENT 0x1000

/* What the hook knows beside the bytes. */
struct kidos_frame {
	void *data;
	void *data_end; /* end of what may be read directly */
	__u32 length; /* of the whole packet, which may reach beyond data_end */
	__u16 protocol; /* EtherType, host order, of a link without Ethernet header, else 0 */
	__u16 vlan; /* tag in metadata: VLAN id | KIDOS_VLAN_PRESENT, else 0 */
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

#include "parse_link.h"

/*
 * The header may go on behind data_end: worth another look after a pull, when
 * data_end is not the packet's end. The same holds for a tunnel without inner.
 */
static __always_inline int kidos_is_short(__u8 error)
{
	return error == KIDOS_PARSE_SHORT_LINK || error == KIDOS_PARSE_SHORT_IP ||
	       error == KIDOS_PARSE_EXT_SHORT || error == KIDOS_PARSE_SHORT_L4 ||
	       error == KIDOS_PARSE_SHORT_TUNNEL;
}

static __always_inline int kidos_ethernet(struct kidos_cursor *cursor)
{
	const __u8 *header = kidos_header(cursor, 14);

	if (kidos_unlikely(!header))
		return KIDOS_PARSE_SHORT_LINK;
	cursor->ethertype = kidos_be16(header + 12);
	cursor->offset += 14;
	return KIDOS_PARSE_OK;
}

/* IPv4 first; what has no IP in it has no key, and is no error. */
static __always_inline int kidos_network(struct kidos_cursor *cursor, struct kidos_packet *packet,
					 __u16 metadata, int is_inner)
{
	int error;

	if (kidos_unlikely(cursor->ethertype != KIDOS_ETH_IPV4 &&
			   cursor->ethertype != KIDOS_ETH_IPV6)) {
		error = kidos_unwrap(cursor, packet, metadata, is_inner);
		if (error)
			return error;
	}
	if (kidos_likely(cursor->ethertype == KIDOS_ETH_IPV4))
		return kidos_ipv4(cursor, packet);
	if (kidos_likely(cursor->ethertype == KIDOS_ETH_IPV6))
		return kidos_ipv6(cursor, packet);
	if (cursor->ethertype == KIDOS_ETH_ARP)
		packet->class = KIDOS_CLASS_ARP;
	return KIDOS_PARSE_OK;
}

/* All but the key's addresses, which are written where they are read. */
static __always_inline void kidos_packet_init(struct kidos_packet *packet)
{
#ifdef __bpf__
	asm volatile("" : : "r"(packet) : "memory");
#endif
	packet->headers = 0;
	packet->inner = 0;
	packet->tunnel_id = 0;
	packet->inner_protocol = 0;
	packet->inner_vlan = 0;
	packet->class = KIDOS_CLASS_OTHER;
	packet->tcp_flags = 0;
	packet->tunnel = KIDOS_TUNNEL_NONE;
}

/* The one exit: a packet has an error or a key or neither, and is all written. */
static __always_inline void kidos_finish(const struct kidos_cursor *cursor,
					 struct kidos_packet *packet, int error)
{
	kidos_u64 *words = (kidos_u64 *)&packet->key;

	packet->error = error;
	packet->has_key = !error && packet->class < KIDOS_CLASS_ARP;
	if (kidos_likely(packet->has_key)) {
		words[4] = cursor->ports | (__u64)cursor->meta << 32;
		return;
	}
	words[0] = words[1] = words[2] = words[3] = words[4] = 0;
}

static __always_inline void kidos_parse(const struct kidos_frame *frame,
					struct kidos_packet *packet)
{
	struct kidos_cursor cursor = {
		.data = frame->data,
		.end = frame->data_end,
		.length = frame->length,
		.ethertype = frame->protocol,
		.meta = (frame->vlan & KIDOS_META_VLAN_MASK) << KIDOS_META_VLAN_SHIFT,
	};
	int error = KIDOS_PARSE_OK;

	kidos_packet_init(packet);
	if (kidos_likely(!frame->protocol))
		error = kidos_ethernet(&cursor);
	else
		kidos_move_to(&cursor, 0, frame->protocol);
	if (kidos_likely(!error))
		error = kidos_network(&cursor, packet, frame->vlan, 0);
	kidos_finish(&cursor, packet, error);
}

/* Leaves room for three tags and eight of the longest extension headers below KIDOS_OFFSET_MAX. */
#define KIDOS_INNER_MAX 0x3e00

/*
 * The packet inside a tunnel: outer is what kidos_parse made of the frame.
 * Offsets still count from the frame's first byte. A tunnel inside that is
 * named in `tunnel` and not followed.
 */
static __always_inline void kidos_parse_inner(const struct kidos_frame *frame,
					      const struct kidos_packet *outer,
					      struct kidos_packet *packet)
{
	struct kidos_cursor cursor = {
		.data = frame->data,
		.end = frame->data_end,
		.length = frame->length,
	};
	int error = KIDOS_PARSE_SHORT_TUNNEL;

	kidos_packet_init(packet);
	if (outer->inner && outer->inner <= KIDOS_INNER_MAX && cursor.data + 2 <= cursor.end) {
		__u16 noise = *(const kidos_u16 *)cursor.data;

		kidos_move_to(&cursor, outer->inner, noise);
		cursor.ethertype = kidos_blur(outer->inner_protocol, noise);
		error = cursor.ethertype == KIDOS_ETH_TEB ? kidos_ethernet(&cursor)
							  : KIDOS_PARSE_OK;
	}
	if (!error)
		error = kidos_network(&cursor, packet, 0, 1);
	kidos_finish(&cursor, packet, error);
}

#endif
