/* SPDX-License-Identifier: MIT */
/* packet_transport.c: what an IP header carries. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/igmp.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <string.h>

#include "checksum.h"
#include "packet_draft.h"

#define PROTO_OSPF 89

static void tcp_open(struct draft *draft)
{
	struct tcphdr *tcp = draft_append(draft, sizeof(*tcp));

	tcp->source = htons(draft_port(draft));
	tcp->dest = htons(TARGET_PORT);
	tcp->seq = htonl(1);
	tcp->doff = sizeof(*tcp) / 4;
	tcp->ack = 1;
	tcp->window = htons(65535);
}

static void udp_open(struct draft *draft)
{
	struct udphdr *udp = draft_append(draft, sizeof(*udp));

	udp->source = htons(draft_port(draft));
	udp->dest = htons(TARGET_PORT);
}

/* The first of several fragments: the length is that of the whole datagram. */
static void udp_first_open(struct draft *draft)
{
	uint8_t *udp = draft->packet->bytes + draft->packet->length;

	udp_open(draft);
	draft_store16(udp + 4, 2 * FRAGMENT_OFFSET * 8);
}

static void echo_open(struct draft *draft, uint8_t type)
{
	uint8_t *icmp = draft_append(draft, 8);

	icmp[0] = type;
	draft_store16(icmp + 4, draft_port(draft));
	draft_store16(icmp + 6, 1);
}

static void icmp_open(struct draft *draft)
{
	echo_open(draft, 8);
}

static void icmpv6_open(struct draft *draft)
{
	echo_open(draft, 128);
}

/* One COOKIE ACK chunk, the shortest there is (RFC 9260 3.3.12). */
static void sctp_open(struct draft *draft)
{
	static const uint8_t cookie_ack[] = { 11, 0, 0, 4 };
	uint8_t *sctp = draft_append(draft, 12);

	draft_store16(sctp, draft_port(draft));
	draft_store16(sctp + 2, TARGET_PORT);
	draft_store16(sctp + 4, 0x6b69);
	draft_copy(draft, cookie_ack, sizeof(cookie_ack));
}

/* Around an empty UDP datagram. */
static void gre_open(struct draft *draft)
{
	const uint8_t gre[] = { 0, 0, ETH_P_IP >> 8, ETH_P_IP & 0xff };
	const struct udphdr udp = {
		.source = htons(draft_port(draft)),
		.dest = htons(TARGET_PORT),
		.len = htons(sizeof(udp)),
	};
	struct iphdr *ip;

	draft_copy(draft, gre, sizeof(gre));
	ip = draft_ipv4(draft, sizeof(*ip), IPPROTO_UDP);
	ip->tot_len = htons(sizeof(*ip) + sizeof(udp));
	ip->check = checksum_finish(checksum_add(0, ip, sizeof(*ip)));
	draft_copy(draft, &udp, sizeof(udp));
}

static void esp_open(struct draft *draft)
{
	uint8_t *esp = draft_append(draft, 8);

	draft_store16(esp + 2, draft_port(draft)); /* SPI */
	draft_store16(esp + 6, 1); /* sequence number */
}

/* Before ESP, with 96 bits of integrity check value (RFC 4302 2). */
static void ah_open(struct draft *draft)
{
	uint8_t *ah = draft_append(draft, 24);

	ah[0] = IPPROTO_ESP;
	ah[1] = 24 / 4 - 2;
	draft_store16(ah + 6, draft_port(draft));
	draft_store16(ah + 10, 1);
	esp_open(draft);
}

/* A version 2 report of 239.0.0.1 (RFC 2236). */
static void igmp_open(struct draft *draft)
{
	struct igmphdr *igmp = draft_append(draft, sizeof(*igmp));

	igmp->type = IGMPV2_HOST_MEMBERSHIP_REPORT;
	igmp->group = htonl(0xef000001);
}

/* A Hello of area 0 without neighbours (RFC 2328 A.3.2). */
static void ospf_open(struct draft *draft)
{
	static const uint8_t hello[] = { 255, 255, 255, 0, 0, 10, 2, 1, 0, 0, 0, 40 };
	uint8_t *ospf = draft_append(draft, 44);

	ospf[0] = 2;
	ospf[1] = 1;
	draft_store16(ospf + 2, 44);
	draft_store16(ospf + 6, 1 + draft->flow % 0xffff); /* router id */
	memcpy(ospf + 24, hello, sizeof(hello));
}

static void none_open(struct draft *draft)
{
	(void)draft;
}

const struct packet_transport transport_none = {
	.payload = true,
	.open = none_open,
};

const struct packet_transport transport_tcp = {
	.protocol = IPPROTO_TCP,
	.payload = true,
	.sum = SUM_PSEUDO,
	.sum_at = 16,
	.open = tcp_open,
};

const struct packet_transport transport_udp = {
	.protocol = IPPROTO_UDP,
	.payload = true,
	.sum = SUM_PSEUDO,
	.sum_at = 6,
	.length_at = 4,
	.open = udp_open,
};

/* No checksum (RFC 768): the rest of the datagram is not there to be summed. */
const struct packet_transport transport_udp_first = {
	.protocol = IPPROTO_UDP,
	.payload = true,
	.open = udp_first_open,
};

const struct packet_transport transport_udp_later = {
	.protocol = IPPROTO_UDP,
	.payload = true,
	.open = none_open,
};

const struct packet_transport transport_icmp = {
	.protocol = IPPROTO_ICMP,
	.payload = true,
	.sum = SUM_PLAIN,
	.sum_at = 2,
	.open = icmp_open,
};

const struct packet_transport transport_icmpv6 = {
	.protocol = IPPROTO_ICMPV6,
	.payload = true,
	.sum = SUM_PSEUDO,
	.sum_at = 2,
	.open = icmpv6_open,
};

const struct packet_transport transport_sctp = {
	.protocol = IPPROTO_SCTP,
	.sum = SUM_CRC32C,
	.sum_at = 8,
	.open = sctp_open,
};

const struct packet_transport transport_gre = {
	.protocol = IPPROTO_GRE,
	.open = gre_open,
};

const struct packet_transport transport_esp = {
	.protocol = IPPROTO_ESP,
	.payload = true,
	.open = esp_open,
};

const struct packet_transport transport_ah = {
	.protocol = IPPROTO_AH,
	.payload = true,
	.open = ah_open,
};

const struct packet_transport transport_igmp = {
	.protocol = IPPROTO_IGMP,
	.sum = SUM_PLAIN,
	.sum_at = 2,
	.open = igmp_open,
};

const struct packet_transport transport_ospf = {
	.protocol = PROTO_OSPF,
	.sum = SUM_PLAIN,
	.sum_at = 12,
	.open = ospf_open,
};
