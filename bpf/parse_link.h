/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * parse_link.h: what may lie between an Ethernet header and an IP header. A
 * packet behind one of these is its interface's own packet: no tunnel, since
 * there is no IP packet around it that could be counted.
 *
 *   802.1Q, 802.1ad   0x8100, 0x88a8, up to KIDOS_VLAN_DEPTH
 *   PPPoE session     0x8864, RFC 2516: PPP with IPv4, IPv6 or MPLS
 *   SNAP              an 802.3 length, LLC aa aa 03 and OUI 0 (RFC 1042)
 *   MPLS              0x8847, 0x8848, up to KIDOS_MPLS_DEPTH labels
 */
#ifndef KIDOS_PARSE_LINK_H
#define KIDOS_PARSE_LINK_H

#include "parse_network.h"

#define KIDOS_MPLS_DEPTH 8 /* labels */

static __always_inline int kidos_is_vlan(__u16 ethertype)
{
	return ethertype == KIDOS_ETH_8021Q || ethertype == KIDOS_ETH_8021AD;
}

static __always_inline int kidos_is_mpls(__u16 ethertype)
{
	return ethertype == KIDOS_ETH_MPLS || ethertype == KIDOS_ETH_MPLS_UPSTREAM;
}

/*
 * Tags in the frame. One that the driver moved to metadata was the outermost:
 * it counts as the first, so that both hooks give one key.
 */
static __always_inline int kidos_vlans(struct kidos_cursor *cursor, struct kidos_packet *packet,
				       __u16 metadata)
{
	__u32 tags = metadata ? 1 : 0;
	const __u8 *header;
	__u16 vlan;
	int i;

	KIDOS_ROLLED
	for (i = 0; i <= KIDOS_VLAN_DEPTH; i++) {
		if (!kidos_is_vlan(cursor->ethertype))
			return KIDOS_PARSE_OK;
		if (tags == KIDOS_VLAN_DEPTH)
			break;
		header = kidos_header(cursor, 4);
		if (!header)
			return KIDOS_PARSE_SHORT_LINK;
		vlan = kidos_be16(header) & KIDOS_META_VLAN_MASK;
		if (tags == 0)
			cursor->meta = (__u32)vlan << KIDOS_META_VLAN_SHIFT;
		else if (tags == 1)
			packet->inner_vlan = vlan;
		tags++;
		cursor->ethertype = kidos_be16(header + 2);
		kidos_advance(cursor, 4, vlan);
	}
	return KIDOS_PARSE_VLAN_DEPTH;
}

/* IANA "PPP DLL Protocol Numbers"; 0 for all that is not looked into, LCP too. */
static __always_inline __u16 kidos_ppp_ethertype(__u16 protocol)
{
	switch (protocol) {
	case 0x0021:
		return KIDOS_ETH_IPV4;
	case 0x0057:
		return KIDOS_ETH_IPV6;
	case 0x0281:
		return KIDOS_ETH_MPLS;
	default:
		return 0;
	}
}

/*
 * PPPoE (version and type 1, code 0, session, length, PPP protocol) and SNAP
 * are eight bytes each, of which the last two say what follows.
 */
static __always_inline int kidos_wrapper(struct kidos_cursor *cursor)
{
	__u16 outer = cursor->ethertype;
	const __u8 *header;
	__u32 start;
	__u16 type;

	/* LLC that is too short for SNAP is a whole frame. */
	if (outer < KIDOS_ETH_MIN && (outer < 8 || kidos_left(cursor) < 8))
		return KIDOS_PARSE_OK;
	header = kidos_header(cursor, 8);
	if (!header)
		return KIDOS_PARSE_SHORT_LINK;
	start = kidos_be32(header);
	type = kidos_be16(header + 6);
	if (outer == KIDOS_ETH_PPPOE)
		type = start >> 16 == 0x1100 ? kidos_ppp_ethertype(type) : 0;
	else if (start != 0xaaaa0300 || kidos_be16(header + 4))
		type = 0;
	cursor->ethertype = kidos_blur(type, start);
	kidos_advance(cursor, 8, start);
	return KIDOS_PARSE_OK;
}

/*
 * RFC 3032 2.1: label 20 bits, class 3, bottom of stack 1, TTL 8. Nothing says
 * what follows the stack; IP is recognized by its version, as routers do (RFC 4928 3).
 * The label is not kept: one more value to follow would cost a verifier as much
 * again as all of the parser.
 */
static __always_inline int kidos_mpls(struct kidos_cursor *cursor)
{
	const __u8 *header;
	__u32 entry = 0;
	__u16 type = 0;
	int i;

	KIDOS_ROLLED
	for (i = 0; i < KIDOS_MPLS_DEPTH; i++) {
		header = kidos_header(cursor, 4);
		if (!header)
			return KIDOS_PARSE_SHORT_LINK;
		entry = kidos_be32(header);
		cursor->offset += 4;
		if (entry & 0x100)
			break;
	}
	header = kidos_header(cursor, 1);
	if (!header)
		return KIDOS_PARSE_SHORT_LINK;
	if (entry & 0x100 && header[0] >> 4 == 4)
		type = KIDOS_ETH_IPV4;
	else if (entry & 0x100 && header[0] >> 4 == 6)
		type = KIDOS_ETH_IPV6;
	cursor->ethertype = kidos_blur(type, entry);
	kidos_advance(cursor, 0, entry);
	return KIDOS_PARSE_OK;
}

/*
 * To what lies behind all of them; ethertype 0 where it is not looked into.
 * Of a frame inside a tunnel only the tags are taken off: each way through
 * costs a verifier the rest of the program.
 */
static __always_inline int kidos_unwrap(struct kidos_cursor *cursor, struct kidos_packet *packet,
					__u16 metadata, int is_inner)
{
	int error = KIDOS_PARSE_OK;

	/* At a known offset, each read would tell a verifier how long the frame is at least. */
	kidos_advance(cursor, 0, cursor->ethertype);
	if (kidos_is_vlan(cursor->ethertype))
		error = kidos_vlans(cursor, packet, metadata);
	if (is_inner)
		return error;
	if (!error && (cursor->ethertype == KIDOS_ETH_PPPOE || cursor->ethertype < KIDOS_ETH_MIN))
		error = kidos_wrapper(cursor);
	if (!error && kidos_is_mpls(cursor->ethertype))
		error = kidos_mpls(cursor);
	return error;
}

#endif
