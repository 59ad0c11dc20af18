/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * drop_headers.h: what a dropped packet was. It may have been dropped before
 * any header was looked at, so each offset is held against the linear part of
 * the packet before it is followed, and each header against its own version.
 */
#ifndef KIDOS_DROP_HEADERS_H
#define KIDOS_DROP_HEADERS_H

#include "abi_drop.h"
#include "parse.h"

#define HEADER_UNSET 0xffffu
#define ETHERNET_HEADER 14u
#define VLAN_HEADER 4u

/* The linear part of a packet; offsets count from head. */
struct drop_bytes {
	const unsigned char *head;
	__u32 tail;
};

/* The first bytes of the two headers, and where the addresses lie. */
struct ipv4_start {
	__u8 version_length;
	__u8 tos;
	__be16 total;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
};

struct ipv6_start {
	__u8 version;
	__u8 label[3];
	__be16 payload;
	__u8 next;
	__u8 hops;
};

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define IPV4_ADDRESSES 12u
#define IPV6_ADDRESSES 8u

/* What every drop is looked at for, since it is counted by class; a record takes the rest. */
struct drop_packet {
	struct drop_bytes bytes;
	__u32 length; /* link header included if it has one */
	__u32 network; /* offset of the IP header */
	__u32 transport; /* ... of the transport header, 0: there is none to be read */
	__u16 ethertype; /* host order; 0: not known */
	__u8 protocol; /* 0 without an IP header */
	__u8 class;
	__u8 family; /* 4, 6, or 0: no header was read */
};

static __always_inline int read_bytes(const struct drop_bytes *bytes, __u32 offset, void *to,
				      __u32 size)
{
	if (offset + size > bytes->tail)
		return -1;
	return bpf_probe_read_kernel(to, size, bytes->head + offset);
}

static __always_inline void set_protocol(struct drop_packet *packet, __u8 family, __u8 protocol)
{
	packet->family = family;
	packet->protocol = protocol;
	packet->class = kidos_class_of(protocol);
}

static __always_inline void read_ipv4(struct drop_packet *packet)
{
	struct ipv4_start header;
	__u32 size;

	if (packet->network + IPV4_HEADER > packet->bytes.tail ||
	    read_bytes(&packet->bytes, packet->network, &header, sizeof(header)))
		return;
	size = (header.version_length & 0xf) * 4;
	if (header.version_length >> 4 != 4 || size < IPV4_HEADER)
		return;
	set_protocol(packet, 4, header.protocol);
	if (!(header.fragment & bpf_htons(0x1fff)))
		packet->transport = packet->network + size;
}

/* RFC 8200 4: each of these is followed by another header. */
static __always_inline int is_extension(__u8 protocol)
{
	return protocol == KIDOS_IP_HOP_BY_HOP || protocol == KIDOS_IP_ROUTING ||
	       protocol == KIDOS_IP_FRAGMENT || protocol == KIDOS_IP_DEST_OPTS;
}

/* Where the transport header lies, 0 when there is none to be read. */
static __always_inline __u32 skip_extensions(const struct drop_bytes *bytes, __u32 offset,
					     __u8 *protocol)
{
	__u8 header[4];
	int i;

	KIDOS_ROLLED
	for (i = 0; i < KIDOS_EXT_DEPTH; i++) {
		if (!is_extension(*protocol))
			return offset;
		if (read_bytes(bytes, offset, header, 4))
			return 0;
		if (*protocol == KIDOS_IP_FRAGMENT && (header[2] || header[3] & 0xf8)) {
			*protocol = header[0];
			return 0;
		}
		offset += *protocol == KIDOS_IP_FRAGMENT ? 8 : (header[1] + 1u) * 8;
		offset = kidos_blur(offset, header[1]);
		*protocol = header[0];
	}
	return 0;
}

static __always_inline void read_ipv6(struct drop_packet *packet)
{
	struct ipv6_start header;

	if (packet->network + IPV6_HEADER > packet->bytes.tail ||
	    read_bytes(&packet->bytes, packet->network, &header, sizeof(header)) ||
	    header.version >> 4 != 6)
		return;
	packet->transport =
		skip_extensions(&packet->bytes, packet->network + IPV6_HEADER, &header.next);
	set_protocol(packet, 6, header.next);
}

static __always_inline int is_tag(__u16 ethertype)
{
	return ethertype == KIDOS_ETH_8021Q || ethertype == KIDOS_ETH_8021AD;
}

/* The EtherType behind one tag, whose header starts at offset. */
static __always_inline __u32 skip_tag(struct drop_packet *packet, __u32 offset)
{
	__be16 inner;

	if (!is_tag(packet->ethertype) ||
	    read_bytes(&packet->bytes, offset + 2, &inner, sizeof(inner)))
		return offset;
	packet->ethertype = bpf_ntohs(inner);
	return offset + VLAN_HEADER;
}

/* Before any parsing by the kernel the EtherType is only in the Ethernet header. */
static __always_inline void read_ethertype(struct drop_packet *packet, __u32 mac)
{
	__be16 ethertype;

	if (mac != HEADER_UNSET &&
	    !read_bytes(&packet->bytes, mac + 12, &ethertype, sizeof(ethertype)) &&
	    bpf_ntohs(ethertype) >= KIDOS_ETH_MIN)
		packet->ethertype = bpf_ntohs(ethertype);
}

/*
 * As kidos_blur, for 32 bits. noise is what no verifier knows. Paths that
 * differ in these values alone meet again: else each would be walked to the end
 * of the program, where BTF pointers are read, each of which costs a verifier
 * since 6.3 a search through all types of the kernel, a millisecond.
 */
static __always_inline __u32 forget(__u32 value, __u32 noise)
{
	asm volatile("%0 ^= %1\n\t%0 ^= %1" : "+w"(value) : "w"(noise));
	return value;
}

/* network: where the kernel thinks the header is; data: where it stands now. */
static __always_inline void read_headers(struct drop_packet *packet, __u32 network, __u32 data,
					 __u32 mac, __u32 noise)
{
	if (!packet->ethertype)
		read_ethertype(packet, mac);
	if (!network)
		network = mac == data ? data + ETHERNET_HEADER : data;
	network = forget(network, noise);
	packet->ethertype = forget(packet->ethertype, noise);
	network = skip_tag(packet, network);
	network = skip_tag(packet, network);
	packet->network = forget(network, noise);
	packet->ethertype = forget(packet->ethertype, noise);
	if (packet->ethertype == KIDOS_ETH_IPV4)
		read_ipv4(packet);
	else if (packet->ethertype == KIDOS_ETH_IPV6)
		read_ipv6(packet);
}

static __always_inline void forget_packet(struct drop_packet *packet, __u32 noise)
{
	packet->bytes.tail = forget(packet->bytes.tail, noise);
	packet->length = forget(packet->length, noise);
	packet->network = forget(packet->network, noise);
	packet->transport = forget(packet->transport, noise);
	packet->ethertype = forget(packet->ethertype, noise);
	packet->protocol = forget(packet->protocol, noise);
	packet->class = forget(packet->class, noise);
	packet->family = forget(packet->family, noise);
}

/* For what no header was read of. */
static __always_inline __u8 class_of_ethertype(__u16 ethertype)
{
	switch (ethertype) {
	case KIDOS_ETH_IPV4:
	case KIDOS_ETH_IPV6:
		return KIDOS_CLASS_OTHER_IP;
	case KIDOS_ETH_ARP:
		return KIDOS_CLASS_ARP;
	default:
		return KIDOS_CLASS_OTHER;
	}
}

/* ICMP and ports, from the first bytes of the transport header. */
static __always_inline void take_ports(const struct drop_packet *packet,
				       struct kidos_drop_record *record)
{
	__u8 header[8];

	switch (record->class) {
	case KIDOS_CLASS_ICMP:
	case KIDOS_CLASS_ICMPV6:
		if (read_bytes(&packet->bytes, packet->transport, header, 8))
			return;
		record->dport = (__u16)(header[0] << 8 | header[1]);
		if (kidos_is_echo(record->protocol, header[0]))
			record->sport = (__u16)(header[4] << 8 | header[5]);
		return;
	case KIDOS_CLASS_TCP:
	case KIDOS_CLASS_UDP:
	case KIDOS_CLASS_SCTP:
		break;
	default:
		if (record->protocol != KIDOS_IP_DCCP && record->protocol != KIDOS_IP_UDPLITE)
			return;
	}
	if (read_bytes(&packet->bytes, packet->transport, header, 4))
		return;
	record->sport = (__u16)(header[0] << 8 | header[1]);
	record->dport = (__u16)(header[2] << 8 | header[3]);
}

static __always_inline void take_addresses(const struct drop_packet *packet,
					   struct kidos_drop_record *record)
{
	__be32 ipv4[2] = {};

	if (packet->family == 6) {
		read_bytes(&packet->bytes, packet->network + IPV6_ADDRESSES, &record->src,
			   sizeof(record->src) + sizeof(record->dst));
		return;
	}
	read_bytes(&packet->bytes, packet->network + IPV4_ADDRESSES, ipv4, sizeof(ipv4));
	record->src.words[2] = record->dst.words[2] = bpf_htonl(0xffff);
	record->src.words[3] = ipv4[0];
	record->dst.words[3] = ipv4[1];
}

static __always_inline void take_packet(const struct drop_packet *packet,
					struct kidos_drop_record *record)
{
	record->length = packet->length;
	record->ethertype = packet->ethertype;
	record->class = packet->class;
	record->family = packet->family;
	record->protocol = packet->protocol;
	if (!drop_config.headers) /* which takes the helper out: lockdown refuses it */
		return;
	if (packet->family)
		take_addresses(packet, record);
	if (packet->transport)
		take_ports(packet, record);
}

#endif
