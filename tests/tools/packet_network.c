/* SPDX-License-Identifier: MIT */
/* packet_network.c: what follows the Ethernet header: IPv4, IPv6, ARP, LLDP. */
#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <string.h>

#include "checksum.h"
#include "packet_draft.h"

#define SOURCE_V4 0x0a000001u /* 10.0.0.1 + flow */
#define TARGET_V4 0xc6130001u /* 198.19.0.1, RFC 2544 */
#define IP_MORE 0x2000 /* more fragments */

struct iphdr *draft_ipv4(struct draft *draft, size_t size, uint8_t protocol)
{
	struct iphdr *ip = draft_append(draft, size);

	ip->version = 4;
	ip->ihl = size / 4;
	ip->ttl = 64;
	ip->id = htons((uint16_t)draft->flow);
	ip->protocol = protocol;
	ip->saddr = htonl(SOURCE_V4 + draft->flow);
	ip->daddr = htonl(TARGET_V4);
	return ip;
}

static void ipv4_open(struct draft *draft)
{
	const struct packet_network *network = draft->kind->network;
	struct iphdr *ip;

	ip = draft_ipv4(draft, sizeof(*ip), draft->kind->transport->protocol);
	ip->ihl = network->ihl;
	ip->frag_off = htons(network->fragment);
}

/* With the Router Alert option (RFC 2113), as IGMP is sent. */
static void ipv4_alert_open(struct draft *draft)
{
	static const uint8_t alert[] = { 148, 4, 0, 0 };
	struct iphdr *ip;

	ip = draft_ipv4(draft, sizeof(*ip) + sizeof(alert), draft->kind->transport->protocol);
	memcpy(ip + 1, alert, sizeof(alert));
	ip->ttl = 1;
}

static void ipv4_seal(struct draft *draft)
{
	struct iphdr *ip = (struct iphdr *)(draft->packet->bytes + draft->l3);

	ip->tot_len = htons(draft->packet->length - draft->l3);
	ip->check = 0;
	ip->check = checksum_finish(checksum_add(0, ip, draft->l4 - draft->l3));
}

static struct ipv6hdr *append_ipv6(struct draft *draft, uint8_t next)
{
	static const uint8_t prefix[] = { 0x20, 0x01, 0x0d, 0xb8 }; /* RFC 3849 */
	struct ipv6hdr *ip = draft_append(draft, sizeof(*ip));

	ip->version = 6;
	ip->nexthdr = next;
	ip->hop_limit = 64;
	memcpy(&ip->saddr, prefix, sizeof(prefix));
	memcpy(&ip->daddr, prefix, sizeof(prefix));
	ip->saddr.s6_addr32[3] = htonl(1 + draft->flow);
	ip->daddr.s6_addr32[1] = htonl(1);
	ip->daddr.s6_addr32[3] = htonl(1);
	return ip;
}

static void ipv6_open(struct draft *draft)
{
	append_ipv6(draft, draft->kind->transport->protocol);
}

/* Hop-by-Hop and Destination Options, each of one PadN option (RFC 8200 4.2). */
static void ipv6_ext_open(struct draft *draft)
{
	const uint8_t hop[] = { IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0 };
	const uint8_t dst[] = { draft->kind->transport->protocol, 0, 1, 4, 0, 0, 0, 0 };

	append_ipv6(draft, IPPROTO_HOPOPTS);
	draft_copy(draft, hop, sizeof(hop));
	draft_copy(draft, dst, sizeof(dst));
}

static void ipv6_seal(struct draft *draft)
{
	struct ipv6hdr *ip = (struct ipv6hdr *)(draft->packet->bytes + draft->l3);

	ip->payload_len = htons(draft->packet->length - draft->l3 - sizeof(*ip));
}

static void arp_open(struct draft *draft)
{
	const struct arphdr header = {
		.ar_hrd = htons(ARPHRD_ETHER),
		.ar_pro = htons(ETH_P_IP),
		.ar_hln = 6,
		.ar_pln = 4,
		.ar_op = htons(ARPOP_REQUEST),
	};
	const uint32_t sender = htonl(SOURCE_V4 + draft->flow), target = htonl(TARGET_V4);

	draft_copy(draft, &header, sizeof(header));
	draft_copy(draft, draft->packet->bytes + ETH_ALEN, ETH_ALEN);
	draft_copy(draft, &sender, sizeof(sender));
	draft_append(draft, ETH_ALEN);
	draft_copy(draft, &target, sizeof(target));
}

/* Chassis id (MAC), port id (number), TTL 120, end of LLDPDU (IEEE 802.1AB 8.5). */
static void lldp_open(struct draft *draft)
{
	static const uint8_t chassis[] = { 0x02, 0x07, 0x04 };
	static const uint8_t port[] = { 0x04, 0x05, 0x07 };
	static const uint8_t end[] = { 0x06, 0x02, 0x00, 120, 0x00, 0x00 };
	const uint32_t number = htonl(draft->flow);

	draft_copy(draft, chassis, sizeof(chassis));
	draft_copy(draft, draft->packet->bytes + ETH_ALEN, ETH_ALEN);
	draft_copy(draft, port, sizeof(port));
	draft_copy(draft, &number, sizeof(number));
	draft_copy(draft, end, sizeof(end));
}

const struct packet_network network_ipv4 = {
	.ethertype = ETH_P_IP,
	.open = ipv4_open,
	.seal = ipv4_seal,
	.ihl = 5,
};

const struct packet_network network_ipv4_alert = {
	.ethertype = ETH_P_IP,
	.open = ipv4_alert_open,
	.seal = ipv4_seal,
};

const struct packet_network network_ipv4_first = {
	.ethertype = ETH_P_IP,
	.open = ipv4_open,
	.seal = ipv4_seal,
	.fragment = IP_MORE,
	.ihl = 5,
};

const struct packet_network network_ipv4_later = {
	.ethertype = ETH_P_IP,
	.open = ipv4_open,
	.seal = ipv4_seal,
	.fragment = FRAGMENT_OFFSET,
	.ihl = 5,
};

const struct packet_network network_ipv4_bad_ihl = {
	.ethertype = ETH_P_IP,
	.open = ipv4_open,
	.seal = ipv4_seal,
	.ihl = 4,
};

const struct packet_network network_ipv6 = {
	.ethertype = ETH_P_IPV6,
	.open = ipv6_open,
	.seal = ipv6_seal,
};

const struct packet_network network_ipv6_ext = {
	.ethertype = ETH_P_IPV6,
	.open = ipv6_ext_open,
	.seal = ipv6_seal,
};

const struct packet_network network_arp = {
	.ethertype = ETH_P_ARP,
	.open = arp_open,
};

const struct packet_network network_lldp = {
	.ethertype = ETH_P_LLDP,
	.open = lldp_open,
};
