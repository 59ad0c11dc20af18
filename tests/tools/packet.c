/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "checksum.h"
#include "packet_draft.h"

#define OUTER_VLAN 100
#define INNER_VLAN 200

const struct packet_options packet_defaults = {
	.src_mac = { 0x02, 0, 0, 0, 0, 0x01 },
	/* nobody's address: the peer's stack counts the frame, drops it and answers nothing */
	.dst_mac = { 0x02, 0, 0, 0, 0, 0xfe },
	.size = PACKET_MIN,
};

const struct packet_kind packet_kinds[] = {
	{ "tcp", "tcp", &network_ipv4, &transport_tcp, { 0 }, 0 },
	{ "udp", "udp", &network_ipv4, &transport_udp, { 0 }, 0 },
	{ "icmp", "icmp", &network_ipv4, &transport_icmp, { 0 }, 0 },
	{ "tcp6", "tcp", &network_ipv6, &transport_tcp, { 0 }, 0 },
	{ "udp6", "udp", &network_ipv6, &transport_udp, { 0 }, 0 },
	{ "icmpv6", "icmpv6", &network_ipv6, &transport_icmpv6, { 0 }, 0 },
	{ "sctp", "sctp", &network_ipv4, &transport_sctp, { 0 }, 0 },
	{ "gre", "gre", &network_ipv4, &transport_gre, { 0 }, 0 },
	{ "esp", "esp", &network_ipv4, &transport_esp, { 0 }, 0 },
	{ "ah", "ah", &network_ipv4, &transport_ah, { 0 }, 0 },
	{ "igmp", "igmp", &network_ipv4_alert, &transport_igmp, { 0 }, 0 },
	{ "ospf", "other_ip", &network_ipv4, &transport_ospf, { 0 }, 0 },
	{ "arp", "arp", &network_arp, &transport_none, { 0 }, 0 },
	{ "lldp", "other", &network_lldp, &transport_none, { 0 }, 0 },
	{ "vlan-udp", "udp", &network_ipv4, &transport_udp, { ETH_P_8021Q }, 0 },
	{ "qinq-tcp", "tcp", &network_ipv4, &transport_tcp, { ETH_P_8021AD, ETH_P_8021Q }, 0 },
	{ "frag-first", "udp", &network_ipv4_first, &transport_udp_first, { 0 }, 0 },
	{ "frag-later", "udp", &network_ipv4_later, &transport_udp_later, { 0 }, 0 },
	{ "udp6-ext", "udp", &network_ipv6_ext, &transport_udp, { 0 }, 0 },
	{ "truncated", "other_ip", &network_ipv4, &transport_none, { 0 }, 10 },
	{ "bad-ihl", "udp", &network_ipv4_bad_ihl, &transport_udp, { 0 }, 0 },
	{ 0 },
};

const struct packet_kind *packet_kind_find(const char *name)
{
	const struct packet_kind *kind;

	for (kind = packet_kinds; kind->name; kind++) {
		if (!strcmp(kind->name, name))
			return kind;
	}
	return NULL;
}

void *draft_append(struct draft *draft, size_t size)
{
	uint8_t *at = draft->packet->bytes + draft->packet->length;

	draft->packet->length += size;
	return memset(at, 0, size);
}

void draft_copy(struct draft *draft, const void *bytes, size_t size)
{
	memcpy(draft_append(draft, size), bytes, size);
}

void draft_store16(uint8_t *at, uint16_t value)
{
	value = htons(value);
	memcpy(at, &value, sizeof(value));
}

static void append_link(struct draft *draft, const struct packet_options *options)
{
	static const uint16_t vlans[] = { OUTER_VLAN, INNER_VLAN };
	const struct packet_kind *kind = draft->kind;
	size_t i;

	draft_copy(draft, options->dst_mac, ETH_ALEN);
	draft_copy(draft, options->src_mac, ETH_ALEN);
	for (i = 0; i < 2 && kind->tags[i]; i++) {
		draft_store16(draft_append(draft, 2), kind->tags[i]);
		draft_store16(draft_append(draft, 2), vlans[i]);
	}
	draft_store16(draft_append(draft, 2), kind->network->ethertype);
}

static void pad(struct draft *draft, size_t size)
{
	if (draft->packet->length < size)
		draft_append(draft, size - draft->packet->length);
}

/* Source and destination, length and protocol, as TCP, UDP and ICMPv6 sum them. */
static uint32_t pseudo_sum(const struct draft *draft, size_t length)
{
	const uint8_t *l3 = draft->packet->bytes + draft->l3;
	const uint32_t tail[] = { htonl(length), htonl(draft->kind->transport->protocol) };
	const bool v4 = l3[0] >> 4 == 4;

	return checksum_add(checksum_add(0, tail, sizeof(tail)), l3 + (v4 ? 12 : 8), v4 ? 8 : 32);
}

static void seal_transport(struct draft *draft)
{
	const struct packet_transport *transport = draft->kind->transport;
	const size_t length = draft->packet->length - draft->l4;
	uint8_t *l4 = draft->packet->bytes + draft->l4;
	uint32_t sum = 0;
	uint16_t check;

	if (transport->length_at)
		draft_store16(l4 + transport->length_at, length);
	if (transport->sum == SUM_NONE)
		return;
	if (transport->sum == SUM_CRC32C) {
		sum = crc32c(l4, length);
		memcpy(l4 + transport->sum_at, &sum, sizeof(sum));
		return;
	}
	if (transport->sum == SUM_PSEUDO)
		sum = pseudo_sum(draft, length);
	check = checksum_finish(checksum_add(sum, l4, length));
	memcpy(l4 + transport->sum_at, &check, sizeof(check));
}

void packet_build(const struct packet_kind *kind, const struct packet_options *options,
		  uint32_t flow, struct packet *packet)
{
	struct draft draft = { .packet = packet, .kind = kind, .flow = flow & FLOW_MASK };
	const size_t size = options->size < PACKET_MAX ? options->size : PACKET_MAX;

	packet->length = 0;
	append_link(&draft, options);
	draft.l3 = packet->length;
	kind->network->open(&draft);
	draft.l4 = packet->length;
	kind->transport->open(&draft);
	if (kind->transport->payload)
		pad(&draft, size);
	seal_transport(&draft);
	if (kind->network->seal)
		kind->network->seal(&draft);
	pad(&draft, size);
	if (kind->cut)
		packet->length = draft.l3 + kind->cut;
}
