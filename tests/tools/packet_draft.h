/* SPDX-License-Identifier: MIT */
/* packet_draft.h: what the files that build packets share: a cursor and the layers' tables. */
#ifndef KIDOS_TEST_PACKET_DRAFT_H
#define KIDOS_TEST_PACKET_DRAFT_H

#include <stdbool.h>

#include "packet.h"

#define FLOW_MASK 0xffffffu
#define TARGET_PORT 4739
#define PORT_BASE 1024
#define PORT_COUNT 60000
#define FRAGMENT_OFFSET 185 /* 1480 bytes, in units of 8 */

struct iphdr;

/* A packet under construction. */
struct draft {
	struct packet *packet;
	const struct packet_kind *kind;
	uint32_t flow;
	size_t l3;
	size_t l4;
};

struct packet_network {
	uint16_t ethertype;
	void (*open)(struct draft *draft);
	/* lengths and checksum, once the payload is there; NULL: none */
	void (*seal)(struct draft *draft);
	uint16_t fragment; /* IPv4 flags and offset */
	uint8_t ihl; /* IPv4: as written, in 32-bit words */
};

enum sum {
	SUM_NONE,
	SUM_PLAIN, /* RFC 1071 over the transport header and payload */
	SUM_PSEUDO, /* ... and the pseudo-header */
	SUM_CRC32C, /* RFC 9260 */
};

struct packet_transport {
	uint8_t protocol;
	bool payload; /* padding is payload, not an Ethernet trailer */
	enum sum sum;
	size_t sum_at;
	size_t length_at; /* of a 16-bit length of header and payload, 0: none */
	void (*open)(struct draft *draft);
};

extern const struct packet_network network_ipv4, network_ipv4_alert, network_ipv4_first,
	network_ipv4_later, network_ipv4_bad_ihl, network_ipv6, network_ipv6_ext, network_arp,
	network_lldp;
extern const struct packet_transport transport_none, transport_tcp, transport_udp,
	transport_udp_first, transport_udp_later, transport_icmp, transport_icmpv6, transport_sctp,
	transport_gre, transport_esp, transport_ah, transport_igmp, transport_ospf;

/* Zeroed bytes at the end of the packet. */
void *draft_append(struct draft *draft, size_t size);
void draft_copy(struct draft *draft, const void *bytes, size_t size);
void draft_store16(uint8_t *at, uint16_t value);

/* Appends an IPv4 header of `size` bytes, its length and checksum still 0. */
struct iphdr *draft_ipv4(struct draft *draft, size_t size, uint8_t protocol);

static inline uint16_t draft_port(const struct draft *draft)
{
	return PORT_BASE + draft->flow % PORT_COUNT;
}

#endif
