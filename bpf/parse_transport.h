/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * parse_transport.h: ports and header length of what IP carries. Every
 * function starts with the cursor at the transport header.
 */
#ifndef KIDOS_PARSE_TRANSPORT_H
#define KIDOS_PARSE_TRANSPORT_H

#include "parse_tunnel.h"

static __always_inline __u32 kidos_ports(__u16 sport, __u16 dport)
{
	return sport | (__u32)dport << 16;
}

static __always_inline void kidos_read_ports(struct kidos_cursor *cursor, const __u8 *header)
{
	cursor->ports = kidos_ports(kidos_be16(header), kidos_be16(header + 2));
}

/*
 * RFC 9293 3.1. Options need not be readable, only be inside the packet; of a
 * first fragment, the next may hold some.
 */
static __always_inline int kidos_tcp(struct kidos_cursor *cursor, struct kidos_packet *packet)
{
	const __u8 *header = kidos_packet_header(cursor, 20);
	__u32 size;

	if (kidos_unlikely(!header))
		return KIDOS_PARSE_SHORT_L4;
	size = (header[12] >> 4) * 4;
	if (kidos_unlikely(size < 20))
		return KIDOS_PARSE_L4_HEADER;
	if (kidos_likely(size <= kidos_left(cursor)))
		packet->headers = cursor->offset + size;
	else if (cursor->fragment != KIDOS_FRAGMENT_FIRST)
		return KIDOS_PARSE_SHORT_L4;
	kidos_read_ports(cursor, header);
	packet->tcp_flags = header[13];
	return KIDOS_PARSE_OK;
}

/* RFC 768. Length 0 is a datagram beyond 65,535 bytes (RFC 2675 4). */
static __always_inline int kidos_udp(struct kidos_cursor *cursor, struct kidos_packet *packet)
{
	const __u8 *header = kidos_packet_header(cursor, 8);
	__u16 length;

	if (kidos_unlikely(!header))
		return KIDOS_PARSE_SHORT_L4;
	length = kidos_be16(header + 4);
	if (kidos_unlikely(length < 8) && (length || kidos_left(cursor) <= 0xffff))
		return KIDOS_PARSE_L4_HEADER;
	kidos_read_ports(cursor, header);
	packet->headers = cursor->offset + 8;
	kidos_udp_tunnel(cursor, packet, cursor->ports >> 16);
	return KIDOS_PARSE_OK;
}

/*
 * SCTP (RFC 9260 3.1), DCCP (RFC 4340 5.1) and UDP-Lite (RFC 3828 3.1) begin
 * with the two ports; size is the least header. The kernel segments SCTP
 * only, behind its common header.
 */
static __always_inline int kidos_with_ports(struct kidos_cursor *cursor,
					    struct kidos_packet *packet, __u32 size)
{
	const __u8 *header = kidos_packet_header(cursor, size);

	if (!header)
		return KIDOS_PARSE_SHORT_L4;
	kidos_read_ports(cursor, header);
	if (cursor->protocol != KIDOS_IP_DCCP) /* its header length varies by type */
		packet->headers = cursor->offset + size;
	return KIDOS_PARSE_OK;
}

static __always_inline int kidos_is_echo(__u8 protocol, __u8 type)
{
	if (protocol == KIDOS_IP_ICMP)
		return type == 8 || type == 0;
	return type == 128 || type == 129;
}

/* RFC 792, RFC 4443. What an error quotes is not read: it is no packet. */
static __always_inline int kidos_icmp(struct kidos_cursor *cursor)
{
	const __u8 *header = kidos_packet_header(cursor, 8);
	__u16 identifier;

	if (!header)
		return KIDOS_PARSE_SHORT_L4;
	identifier = kidos_is_echo(cursor->protocol, header[0]) ? kidos_be16(header + 4) : 0;
	cursor->ports = kidos_ports(identifier, kidos_be16(header));
	return KIDOS_PARSE_OK;
}

/* The protocols that are neither TCP nor UDP. */
static __always_inline int kidos_other_transport(struct kidos_cursor *cursor,
						 struct kidos_packet *packet)
{
	switch (cursor->protocol) {
	case KIDOS_IP_ICMP:
	case KIDOS_IP_ICMPV6:
		return kidos_icmp(cursor);
	case KIDOS_IP_SCTP:
	case KIDOS_IP_DCCP:
		return kidos_with_ports(cursor, packet, 12);
	case KIDOS_IP_UDPLITE:
		return kidos_with_ports(cursor, packet, 8);
	default:
		kidos_ip_tunnel(cursor, packet);
		return KIDOS_PARSE_OK;
	}
}

static __always_inline __u8 kidos_class_of(__u8 protocol)
{
	switch (protocol) {
	case KIDOS_IP_TCP:
		return KIDOS_CLASS_TCP;
	case KIDOS_IP_UDP:
		return KIDOS_CLASS_UDP;
	case KIDOS_IP_ICMP:
		return KIDOS_CLASS_ICMP;
	case KIDOS_IP_ICMPV6:
		return KIDOS_CLASS_ICMPV6;
	case KIDOS_IP_SCTP:
		return KIDOS_CLASS_SCTP;
	case KIDOS_IP_GRE:
		return KIDOS_CLASS_GRE;
	case KIDOS_IP_ESP:
		return KIDOS_CLASS_ESP;
	case KIDOS_IP_AH:
		return KIDOS_CLASS_AH;
	case KIDOS_IP_IGMP:
		return KIDOS_CLASS_IGMP;
	default:
		return KIDOS_CLASS_OTHER_IP;
	}
}

/* Sets the class whatever the outcome: the protocol is known here. */
static __always_inline int kidos_transport(struct kidos_cursor *cursor, struct kidos_packet *packet)
{
	if (kidos_unlikely(cursor->fragment == KIDOS_FRAGMENT_LATER)) {
		packet->class = kidos_class_of(cursor->protocol);
		kidos_ip_tunnel(cursor, packet);
		return KIDOS_PARSE_OK;
	}
	if (kidos_likely(cursor->protocol == KIDOS_IP_TCP)) {
		packet->class = KIDOS_CLASS_TCP;
		return kidos_tcp(cursor, packet);
	}
	if (kidos_likely(cursor->protocol == KIDOS_IP_UDP)) {
		packet->class = KIDOS_CLASS_UDP;
		return kidos_udp(cursor, packet);
	}
	packet->class = kidos_class_of(cursor->protocol);
	return kidos_other_transport(cursor, packet);
}

#endif
