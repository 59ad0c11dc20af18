/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * parse_network.h: IPv4 and IPv6, from the IP header to the transport header.
 */
#ifndef KIDOS_PARSE_NETWORK_H
#define KIDOS_PARSE_NETWORK_H

#include "parse_transport.h"

/* RFC 4291 2.5.5.2: ::ffff:a.b.c.d, its upper half is 0. */
static __always_inline __u64 kidos_mapped(const __u8 *address)
{
	return (__u64)(*(const kidos_u32 *)address) << 32 | 0xffff0000u;
}

static __always_inline void kidos_ipv4_addresses(struct kidos_flow_key *key, const __u8 *header)
{
	key->src.halves[0] = 0;
	key->src.halves[1] = kidos_mapped(header + 12);
	key->dst.halves[0] = 0;
	key->dst.halves[1] = kidos_mapped(header + 16);
}

static __always_inline void kidos_ipv6_addresses(struct kidos_flow_key *key, const __u8 *header)
{
	key->src.halves[0] = *(const kidos_u64 *)(header + 8);
	key->src.halves[1] = *(const kidos_u64 *)(header + 16);
	key->dst.halves[0] = *(const kidos_u64 *)(header + 24);
	key->dst.halves[1] = *(const kidos_u64 *)(header + 32);
}

/* An error of the IP header itself: the class is that of the protocol field. */
static __always_inline int kidos_bad_ip(const struct kidos_cursor *cursor,
					struct kidos_packet *packet, int error)
{
	packet->class = kidos_class_of(cursor->protocol);
	return error;
}

/*
 * RFC 791 3.1. Total length 0 stands for a packet beyond 65,535 bytes (BIG
 * TCP, Linux 6.3) and is taken only where the frame is that long.
 */
static __always_inline int kidos_ipv4(struct kidos_cursor *cursor, struct kidos_packet *packet)
{
	const __u8 *header = kidos_header(cursor, 20);
	__u32 size = 20, total, left = kidos_left(cursor);
	__u16 fragment;

	packet->class = KIDOS_CLASS_OTHER_IP;
	if (kidos_unlikely(!header))
		return KIDOS_PARSE_SHORT_IP;
	cursor->protocol = header[9];
	if (kidos_unlikely(header[0] != 0x45)) {
		if (header[0] >> 4 != 4)
			return KIDOS_PARSE_IP_VERSION;
		size = (header[0] & 0xf) * 4;
		if (size < 20)
			return kidos_bad_ip(cursor, packet, KIDOS_PARSE_IP_HEADER);
	}
	total = kidos_be16(header + 2);
	if (kidos_unlikely(total < size || total > left)) {
		if (total || left <= 0xffff)
			return kidos_bad_ip(cursor, packet, KIDOS_PARSE_IP_LENGTH);
		total = left;
	}
	cursor->length = cursor->offset + total;
	if (kidos_likely(size == 20))
		cursor->offset += 20;
	else
		kidos_advance(cursor, size, total);
	cursor->meta |= cursor->protocol | KIDOS_META_IPV4;
	kidos_ipv4_addresses(&packet->key, header);
	fragment = kidos_be16(header + 6);
	if (kidos_unlikely(fragment & 0x3fff))
		cursor->fragment = fragment & 0x1fff ? KIDOS_FRAGMENT_LATER : KIDOS_FRAGMENT_FIRST;
	return kidos_transport(cursor, packet);
}

/* IANA "IPv6 Extension Header Types", less ESP and AH, which end the chain. */
static __always_inline int kidos_is_extension(__u8 protocol)
{
	const __u64 low = 1ULL << KIDOS_IP_HOP_BY_HOP | 1ULL << KIDOS_IP_ROUTING |
			  1ULL << KIDOS_IP_FRAGMENT | 1ULL << KIDOS_IP_DEST_OPTS;

	if (protocol < 64)
		return low >> protocol & 1;
	return protocol == KIDOS_IP_MOBILITY || protocol == KIDOS_IP_HIP ||
	       protocol == KIDOS_IP_SHIM6;
}

/* All ones if protocol is the fragment header's, else 0; without a branch. */
static __always_inline __u32 kidos_fragment_mask(__u8 protocol)
{
	__u32 mask = (__s32)((protocol ^ KIDOS_IP_FRAGMENT) - 1) >> 31;

#ifdef __bpf__
	asm volatile("" : "+r"(mask)); /* else the compiler knows its two values, and branches */
#endif
	return mask;
}

/*
 * RFC 8200 4. Ends at the first header that is none, or in a later fragment.
 * A fragment header is eight bytes, its second byte is reserved. It is known
 * from the others by masks: a branch in each of eight rounds would give a
 * verifier 2^8 ways through.
 */
static __always_inline int kidos_extensions(struct kidos_cursor *cursor)
{
	__u32 fragment = 0;
	int i;

	KIDOS_ROLLED
	for (i = 0; i <= KIDOS_EXT_DEPTH; i++) {
		const __u8 *header;
		__u32 mask, size;

		if (fragment & 0xfff8) {
			cursor->fragment = KIDOS_FRAGMENT_LATER;
			return KIDOS_PARSE_OK;
		}
		if (!kidos_is_extension(cursor->protocol)) {
			cursor->fragment = fragment & 1; /* KIDOS_FRAGMENT_FIRST */
			return KIDOS_PARSE_OK;
		}
		header = kidos_header(cursor, 8);
		if (!header)
			return KIDOS_PARSE_EXT_SHORT;
		mask = kidos_fragment_mask(cursor->protocol);
		size = (header[1] & ~mask) * 8 + 8;
		if (size > kidos_left(cursor))
			return KIDOS_PARSE_EXT_SHORT;
		fragment |= kidos_be16(header + 2) & mask;
		cursor->protocol = header[0];
		kidos_advance(cursor, size, kidos_be16(header));
	}
	return KIDOS_PARSE_EXT_DEPTH;
}

/*
 * RFC 2675: with payload length 0, hop-by-hop options hold the length. Looked
 * for where every sender puts it, first: its alignment is 4n + 2.
 */
static __always_inline int kidos_jumbo_length(const struct kidos_cursor *cursor, __u32 *payload)
{
	const __u8 *header = kidos_header(cursor, 48);

	if (!header)
		return KIDOS_PARSE_EXT_SHORT;
	*payload = kidos_be32(header + 44);
	if (kidos_be16(header + 42) != 0xc204 || *payload <= 0xffff)
		return KIDOS_PARSE_IP_LENGTH;
	return KIDOS_PARSE_OK;
}

/*
 * RFC 8200 3. Payload length 0 is a jumbogram, or else an empty packet; but
 * where more than 65,535 bytes follow it is BIG TCP, which Linux lately leaves
 * without the jumbogram's option, and the frame gives the length.
 */
static __always_inline int kidos_ipv6_length(struct kidos_cursor *cursor, __u32 payload)
{
	__u32 left = kidos_left(cursor) - 40;
	int error;

	if (kidos_unlikely(!payload)) {
		if (cursor->protocol == KIDOS_IP_HOP_BY_HOP) {
			error = kidos_jumbo_length(cursor, &payload);
			if (error)
				return error;
		} else if (left > 0xffff) {
			payload = left;
		}
	}
	if (kidos_unlikely(payload > left))
		return KIDOS_PARSE_IP_LENGTH;
	cursor->offset += 40;
	cursor->length = cursor->offset + payload;
	return KIDOS_PARSE_OK;
}

static __always_inline int kidos_ipv6(struct kidos_cursor *cursor, struct kidos_packet *packet)
{
	const __u8 *header = kidos_header(cursor, 40);
	int error;

	packet->class = KIDOS_CLASS_OTHER_IP;
	if (kidos_unlikely(!header))
		return KIDOS_PARSE_SHORT_IP;
	if (kidos_unlikely(header[0] >> 4 != 6))
		return KIDOS_PARSE_IP_VERSION;
	cursor->protocol = header[6];
	error = kidos_ipv6_length(cursor, kidos_be16(header + 4));
	if (kidos_unlikely(error))
		return kidos_bad_ip(cursor, packet, error);
	kidos_ipv6_addresses(&packet->key, header);
	if (kidos_unlikely(cursor->protocol != KIDOS_IP_TCP && cursor->protocol != KIDOS_IP_UDP)) {
		error = kidos_extensions(cursor);
		if (error)
			return error;
	}
	cursor->meta |= cursor->protocol;
	return kidos_transport(cursor, packet);
}

#endif
