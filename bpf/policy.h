/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * policy.h: is a source permitted, and what passes all the same. Touches no
 * map and no helper, so the same file runs in BPF, in unit tests and in
 * kidosctl.
 */
#ifndef KIDOS_POLICY_H
#define KIDOS_POLICY_H

#include "abi_policy.h"
#include "parse.h"

/* Starts that fit into a table of so many bytes. */
static __always_inline __u32 kidos_policy_fit(__u32 room, __u32 size)
{
	return (room - sizeof(struct kidos_policy_table)) / size;
}

/*
 * An odd number of starts up to the address: it is permitted. fit: a verifier
 * must see that every place is inside the table.
 */
static __always_inline enum kidos_verdict kidos_policy_of(__u32 starts)
{
	return starts & 1 ? KIDOS_VERDICT_PERMIT : KIDOS_VERDICT_REFUSE;
}

/* address: host order */
static __always_inline enum kidos_verdict kidos_policy_search4(
	const struct kidos_policy_table *table, __u32 fit, __u32 address)
{
	const __u32 *starts = (const __u32 *)(table + 1);
	__u32 from = table->index[address >> 16], to = table->index[(address >> 16) + 1];

	KIDOS_ROLLED
	for (int i = 0; i < KIDOS_POLICY_STEPS && from < to; i++) {
		__u32 middle = (from + to) / 2;

		if (middle >= fit)
			break;
		if (starts[middle] <= address)
			from = middle + 1;
		else
			to = middle;
	}
	return kidos_policy_of(from);
}

static __always_inline enum kidos_verdict kidos_policy_search6(
	const struct kidos_policy_table *table, __u32 fit, __u64 high, __u64 low)
{
	const struct kidos_policy_start6 *starts = (const void *)(table + 1);
	__u32 bucket = high >> 48;
	__u32 from = table->index[bucket], to = table->index[bucket + 1];

	KIDOS_ROLLED
	for (int i = 0; i < KIDOS_POLICY_STEPS && from < to; i++) {
		__u32 middle = (from + to) / 2;

		if (middle >= fit)
			break;
		if (starts[middle].high < high ||
		    (starts[middle].high == high && starts[middle].low <= low))
			from = middle + 1;
		else
			to = middle;
	}
	return kidos_policy_of(from);
}

/* To the IP header; its EtherType, 0 where there is none. */
static __always_inline __u16 kidos_find_network(const struct kidos_frame *frame,
						struct kidos_cursor *cursor)
{
	struct kidos_packet unused = {};

	*cursor = (struct kidos_cursor){ .data = frame->data,
					 .end = frame->data_end,
					 .length = frame->length,
					 .ethertype = frame->protocol };
	if (frame->protocol)
		kidos_move_to(cursor, 0, frame->protocol);
	else if (kidos_ethernet(cursor))
		return 0;
	if (cursor->ethertype != KIDOS_ETH_IPV4 && cursor->ethertype != KIDOS_ETH_IPV6 &&
	    kidos_unwrap(cursor, &unused, frame->vlan, 0))
		return 0;
	return cursor->ethertype;
}

/*
 * The source that an IP header names, however malformed the rest is. Returns
 * 4, 6, or 0 where none can be read.
 */
static __always_inline int kidos_policy_source(const struct kidos_frame *frame,
					       union kidos_address *source)
{
	struct kidos_cursor cursor;
	__u16 ethertype = kidos_find_network(frame, &cursor);
	const __u8 *header = kidos_header(&cursor, 20);

	if (!header)
		return 0;
	if (ethertype == KIDOS_ETH_IPV4 && header[0] >> 4 == 4) {
		source->halves[0] = 0;
		source->halves[1] = kidos_mapped(header + 12);
		return 4;
	}
	header = kidos_header(&cursor, 40);
	if (!header || ethertype != KIDOS_ETH_IPV6 || header[0] >> 4 != 6)
		return 0;
	source->halves[0] = *(const kidos_u64 *)(header + 8);
	source->halves[1] = *(const kidos_u64 *)(header + 16);
	return 6;
}

/* What passes whatever its source. */
enum kidos_exempt {
	KIDOS_EXEMPT_NOT,
	KIDOS_EXEMPT,
	KIDOS_EXEMPT_HERE, /* if it is not for another host */
};

#define KIDOS_DHCP_SERVER 67
#define KIDOS_DHCP_CLIENT 68
#define KIDOS_DHCP6_CLIENT 546
#define KIDOS_DHCP6_SERVER 547

/*
 * RFC 2131 4.1: an answer to a client, at its new address or at all of them; a
 * question of one that has no address yet. Never a fragment.
 */
static __always_inline enum kidos_exempt kidos_exempt4(const __u8 *ip, const __u8 *udp)
{
	__u16 sport = kidos_be16(udp), dport = kidos_be16(udp + 2);
	__u32 to = kidos_be32(ip + 16);

	if (ip[9] != KIDOS_IP_UDP || kidos_be16(ip + 6) & 0x3fff)
		return KIDOS_EXEMPT_NOT;
	if (sport == KIDOS_DHCP_SERVER && dport == KIDOS_DHCP_CLIENT)
		return to == 0xffffffff ? KIDOS_EXEMPT : KIDOS_EXEMPT_HERE;
	return sport == KIDOS_DHCP_CLIENT && dport == KIDOS_DHCP_SERVER && !kidos_be32(ip + 12) &&
			       to == 0xffffffff
		       ? KIDOS_EXEMPT
		       : KIDOS_EXEMPT_NOT;
}

/* fe80::/10 */
static __always_inline int kidos_is_link_local(const __u8 *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static __always_inline int kidos_is_unspecified(const __u8 *address)
{
	return !(*(const kidos_u64 *)address | *(const kidos_u64 *)(address + 8));
}

/* RFC 4861: what went through a router has less than 255. RFC 6980: never a fragment. */
static __always_inline int kidos_is_neighbour_discovery(const __u8 *ip, const __u8 *icmp)
{
	return ip[7] == 255 && icmp[0] >= 133 && icmp[0] <= 137 && !icmp[1];
}

/*
 * RFC 2710 3, RFC 3810 5: behind a hop-by-hop header of eight bytes with the
 * router alert, hop limit 1, from the link; from :: before it has an address
 * (RFC 3590).
 */
static __always_inline int kidos_is_mld(const __u8 *ip, const __u8 *options)
{
	__u8 type = options[8];

	return ip[6] == KIDOS_IP_HOP_BY_HOP && ip[7] == 1 && options[0] == KIDOS_IP_ICMPV6 &&
	       !options[1] && ((type >= 130 && type <= 132) || type == 143) &&
	       (kidos_is_link_local(ip + 8) || kidos_is_unspecified(ip + 8));
}

static __always_inline int kidos_is_dhcp6(const __u8 *ip, const __u8 *udp)
{
	__u16 sport = kidos_be16(udp), dport = kidos_be16(udp + 2);

	return kidos_is_link_local(ip + 8) &&
	       ((sport == KIDOS_DHCP6_CLIENT && dport == KIDOS_DHCP6_SERVER) ||
		(sport == KIDOS_DHCP6_SERVER && dport == KIDOS_DHCP6_CLIENT));
}

static __always_inline int kidos_exempt6(const struct kidos_cursor *cursor)
{
	const __u8 *ip = kidos_header(cursor, 48), *mld = kidos_header(cursor, 56);

	if (!ip)
		return 0;
	if (ip[6] == KIDOS_IP_ICMPV6)
		return kidos_is_neighbour_discovery(ip, ip + 40);
	if (ip[6] == KIDOS_IP_UDP)
		return kidos_is_dhcp6(ip, ip + 40);
	return mld && kidos_is_mld(mld, mld + 40);
}

/* Of a packet without an error. destination: IPv4, for KIDOS_EXEMPT_HERE. */
static __always_inline enum kidos_exempt kidos_policy_exempt(const struct kidos_frame *frame,
							     __be32 *destination)
{
	struct kidos_cursor cursor;
	__u16 ethertype = kidos_find_network(frame, &cursor);
	const __u8 *header = kidos_header(&cursor, 28);

	if (ethertype == KIDOS_ETH_IPV6)
		return kidos_exempt6(&cursor) ? KIDOS_EXEMPT : KIDOS_EXEMPT_NOT;
	/* Options would move the ports: no DHCP server or client sends any. */
	if (ethertype != KIDOS_ETH_IPV4 || !header || header[0] != 0x45)
		return KIDOS_EXEMPT_NOT;
	*destination = *(const kidos_u32 *)(header + 16);
	return kidos_exempt4(header, header + 20);
}

#endif
