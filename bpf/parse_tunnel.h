/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * parse_tunnel.h: what kind of tunnel a packet is, and where the packet inside
 * begins. Nothing here fails the outer packet: `tunnel` names the kind as soon
 * as it is known, and `inner` stays 0 when the inner packet cannot be reached,
 * because the tunnel header is cut or the packet is a fragment.
 */
#ifndef KIDOS_PARSE_TUNNEL_H
#define KIDOS_PARSE_TUNNEL_H

#include "parse_cursor.h"

#define KIDOS_PORT_VXLAN 4789 /* RFC 7348 */
#define KIDOS_PORT_VXLAN_LINUX 8472 /* the Linux driver's default, from before the RFC */
#define KIDOS_PORT_GENEVE 6081 /* RFC 8926 */

/* The tunnel header ends at offset; something must follow it. */
static __always_inline void kidos_set_inner(const struct kidos_cursor *cursor,
					    struct kidos_packet *packet, __u32 offset,
					    __u16 ethertype)
{
	if (cursor->fragment != KIDOS_FRAGMENT_NONE || offset >= cursor->length)
		return;
	packet->inner = offset;
	packet->inner_protocol = ethertype;
}

/* RFC 7348 5: the I bit says that there is a VNI. */
static __always_inline void kidos_vxlan(const struct kidos_cursor *cursor,
					struct kidos_packet *packet)
{
	const __u8 *header = kidos_packet_header(cursor, 16);

	packet->tunnel = KIDOS_TUNNEL_VXLAN;
	if (!header)
		return;
	if (header[8] & 0x08)
		packet->tunnel_id = kidos_be32(header + 12) >> 8;
	kidos_set_inner(cursor, packet, cursor->offset + 16, KIDOS_ETH_TEB);
}

/* RFC 8926 3.4: version 0, options in units of four bytes. */
static __always_inline void kidos_geneve(const struct kidos_cursor *cursor,
					 struct kidos_packet *packet)
{
	const __u8 *header = kidos_packet_header(cursor, 16);

	packet->tunnel = KIDOS_TUNNEL_GENEVE;
	if (!header || header[8] >> 6)
		return;
	packet->tunnel_id = kidos_be32(header + 12) >> 8;
	kidos_set_inner(cursor, packet, cursor->offset + 16 + (header[8] & 0x3f) * 4,
			kidos_be16(header + 10));
}

/* The cursor stands at the UDP header. */
static __always_inline void kidos_udp_tunnel(const struct kidos_cursor *cursor,
					     struct kidos_packet *packet, __u16 dport)
{
	if (kidos_unlikely(dport == KIDOS_PORT_VXLAN || dport == KIDOS_PORT_VXLAN_LINUX))
		kidos_vxlan(cursor, packet);
	else if (kidos_unlikely(dport == KIDOS_PORT_GENEVE))
		kidos_geneve(cursor, packet);
}

/*
 * RFC 2784 and 2890: checksum, key and sequence number are four bytes each,
 * where their bit is set. Version 1 is PPTP's; the routing bit (RFC 1701) was
 * taken back.
 */
static __always_inline void kidos_gre(const struct kidos_cursor *cursor,
				      struct kidos_packet *packet)
{
	const __u8 *header = kidos_packet_header(cursor, 4);
	struct kidos_cursor key = *cursor;
	__u16 flags;

	packet->tunnel = KIDOS_TUNNEL_GRE;
	if (!header || cursor->fragment == KIDOS_FRAGMENT_LATER)
		return;
	flags = kidos_be16(header);
	if (flags & 0x4007)
		return;
	key.offset += 4 + (flags & 0x8000 ? 4 : 0);
	if (flags & 0x2000) {
		const __u8 *field = kidos_packet_header(&key, 4);

		if (!field)
			return;
		packet->tunnel_id = kidos_be32(field);
		key.offset += 4;
	}
	key.offset += flags & 0x1000 ? 4 : 0;
	kidos_set_inner(cursor, packet, key.offset, kidos_be16(header + 2));
}

/* Tunnels that are an IP protocol of their own. */
static __always_inline void kidos_ip_tunnel(const struct kidos_cursor *cursor,
					    struct kidos_packet *packet)
{
	switch (cursor->protocol) {
	case KIDOS_IP_GRE:
		kidos_gre(cursor, packet);
		break;
	case KIDOS_IP_IPV4:
		packet->tunnel = KIDOS_TUNNEL_IPIP;
		kidos_set_inner(cursor, packet, cursor->offset, KIDOS_ETH_IPV4);
		break;
	case KIDOS_IP_IPV6:
		packet->tunnel = KIDOS_TUNNEL_6IN4;
		kidos_set_inner(cursor, packet, cursor->offset, KIDOS_ETH_IPV6);
		break;
	}
}

#endif
