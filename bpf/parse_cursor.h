/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * parse_cursor.h: where the parser stands in a frame, how it reads from there,
 * and the numbers it meets. Offsets count from the frame's first byte.
 */
#ifndef KIDOS_PARSE_CURSOR_H
#define KIDOS_PARSE_CURSOR_H

#include "abi.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the flow key's 64-bit stores are written for little-endian machines"
#endif

#define kidos_likely(condition) __builtin_expect(!!(condition), 1)
#define kidos_unlikely(condition) __builtin_expect(!!(condition), 0)

/*
 * Headers lie at odd addresses. A BPF compiler splits a load that is declared
 * unaligned into bytes, while the kernel takes the plain load on x86-64 and
 * arm64; a host compiler must be told.
 */
#ifdef __bpf__
#define KIDOS_UNALIGNED __attribute__((may_alias))
#else
#define KIDOS_UNALIGNED __attribute__((may_alias, aligned(1)))
#endif
typedef __u16 KIDOS_UNALIGNED kidos_u16;
typedef __u32 KIDOS_UNALIGNED kidos_u32;
typedef __u64 KIDOS_UNALIGNED kidos_u64;

/* Unrolled, a loop over headers repeats all that follows it. */
#ifdef __clang__
#define KIDOS_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define KIDOS_ROLLED _Pragma("GCC unroll 1")
#endif

enum kidos_ethertype {
	KIDOS_ETH_MIN = 0x0600, /* below: an IEEE 802.3 length */
	KIDOS_ETH_IPV4 = 0x0800,
	KIDOS_ETH_ARP = 0x0806,
	KIDOS_ETH_TEB = 0x6558, /* transparent Ethernet bridging: a whole frame */
	KIDOS_ETH_8021Q = 0x8100,
	KIDOS_ETH_IPV6 = 0x86dd,
	KIDOS_ETH_MPLS = 0x8847,
	KIDOS_ETH_MPLS_UPSTREAM = 0x8848, /* RFC 5332 */
	KIDOS_ETH_PPPOE = 0x8864, /* session stage */
	KIDOS_ETH_8021AD = 0x88a8,
};

/* IANA "Assigned Internet Protocol Numbers" */
enum kidos_ip_protocol {
	KIDOS_IP_HOP_BY_HOP = 0,
	KIDOS_IP_ICMP = 1,
	KIDOS_IP_IGMP = 2,
	KIDOS_IP_IPV4 = 4,
	KIDOS_IP_TCP = 6,
	KIDOS_IP_UDP = 17,
	KIDOS_IP_DCCP = 33,
	KIDOS_IP_IPV6 = 41,
	KIDOS_IP_ROUTING = 43,
	KIDOS_IP_FRAGMENT = 44,
	KIDOS_IP_GRE = 47,
	KIDOS_IP_ESP = 50,
	KIDOS_IP_AH = 51,
	KIDOS_IP_ICMPV6 = 58,
	KIDOS_IP_NO_NEXT = 59,
	KIDOS_IP_DEST_OPTS = 60,
	KIDOS_IP_SCTP = 132,
	KIDOS_IP_MOBILITY = 135,
	KIDOS_IP_UDPLITE = 136,
	KIDOS_IP_HIP = 139,
	KIDOS_IP_SHIM6 = 140,
};

struct kidos_cursor {
	const __u8 *data;
	const __u8 *end; /* of what may be read */
	__u32 offset; /* of the next header */
	__u32 length; /* end of the packet; of the IP packet once that is known */
	__u16 ethertype; /* what lies at offset, on the link layer */
	__u8 protocol; /* ... and inside IP */
	__u8 fragment; /* enum kidos_fragment */
	__u32 meta;
	__u32 ports; /* sport | dport << 16, as the key has them */
};

enum kidos_fragment {
	KIDOS_FRAGMENT_NONE, /* whole, or an atomic fragment (RFC 6946) */
	KIDOS_FRAGMENT_FIRST,
	KIDOS_FRAGMENT_LATER,
};

/* The header at the cursor, or NULL when fewer than size bytes can be read. */
static __always_inline const __u8 *kidos_header(const struct kidos_cursor *cursor, __u32 size)
{
	const __u8 *header = cursor->data + cursor->offset;

	return kidos_likely(header + size <= cursor->end) ? header : (const __u8 *)0;
}

/* Bytes of the packet from the cursor on, readable or not. */
static __always_inline __u32 kidos_left(const struct kidos_cursor *cursor)
{
	return cursor->length - cursor->offset;
}

/* The same, and inside the packet: what follows an IP packet's end is padding. */
static __always_inline const __u8 *kidos_packet_header(const struct kidos_cursor *cursor,
						       __u32 size)
{
	const __u8 *header = kidos_header(cursor, size);

	return kidos_likely(kidos_left(cursor) >= size) ? header : (const __u8 *)0;
}

/*
 * The 16-bit value, in a way that tells a verifier nothing but its size.
 * Without this it follows every sum of header lengths and every tunnel's type
 * to the end of the program, a path each, and gives up after a million
 * instructions; with it the paths meet again. noise is what no verifier knows,
 * from the packet or the hook: then it knows x ^ noise ^ noise no better.
 */
static __always_inline __u32 kidos_blur(__u32 value, __u16 noise)
{
	(void)noise;
#ifdef __bpf__
	asm volatile("%0 ^= %1\n\t%0 ^= %1\n\t%0 &= 0xffff" : "+r"(value) : "r"((__u32)noise));
#endif
	return value;
}

/* A verifier takes packet offsets below 65,536: this leaves room to read on. */
#define KIDOS_OFFSET_MAX 0x7fffu

static __always_inline void kidos_move_to(struct kidos_cursor *cursor, __u32 offset, __u16 noise)
{
	cursor->offset = kidos_blur(offset, noise) & KIDOS_OFFSET_MAX;
}

static __always_inline void kidos_advance(struct kidos_cursor *cursor, __u32 size, __u16 noise)
{
	kidos_move_to(cursor, cursor->offset + size, noise);
}

static __always_inline __u16 kidos_be16(const __u8 *bytes)
{
	return __builtin_bswap16(*(const kidos_u16 *)bytes);
}

static __always_inline __u32 kidos_be32(const __u8 *bytes)
{
	return __builtin_bswap32(*(const kidos_u32 *)bytes);
}

#endif
