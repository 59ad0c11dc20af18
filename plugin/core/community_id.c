/* SPDX-License-Identifier: MIT */
#include "core/community_id.h"
#include "core/flow_key.h"

#include <netinet/in.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stddef.h>
#include <string.h>

_Static_assert(KIDOS_COMMUNITY_ID == 2 + BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) + 1, "text");

/* One end of the conversation, as far as it goes into the hash. */
struct end {
	const __u8 *address;
	__u16 port;
};

/* Types that ask and answer each other; the rest goes one way (type, code). */
static const struct icmp_pair {
	__u8 protocol, asks, answers;
} icmp_pairs[] = {
	{ IPPROTO_ICMP, 8, 0 }, /* echo */
	{ IPPROTO_ICMP, 10, 9 }, /* router solicitation, advertisement */
	{ IPPROTO_ICMP, 13, 14 }, /* timestamp */
	{ IPPROTO_ICMP, 15, 16 }, /* information */
	{ IPPROTO_ICMP, 17, 18 }, /* address mask */
	{ IPPROTO_ICMPV6, 128, 129 }, /* echo */
	{ IPPROTO_ICMPV6, 130, 131 }, /* multicast listener query, report */
	{ IPPROTO_ICMPV6, 133, 134 }, /* router solicitation, advertisement */
	{ IPPROTO_ICMPV6, 135, 136 }, /* neighbour solicitation, advertisement */
	{ IPPROTO_ICMPV6, 139, 140 }, /* node information query, response */
	{ IPPROTO_ICMPV6, 144, 145 }, /* home agent address discovery */
};

/* Puts type and its counterpart, or type and code, in the ports' place. True if two-way. */
static bool icmp_ports(const struct kidos_flow_key *key, struct end *from, struct end *to)
{
	unsigned int type = key->dport >> 8;

	from->port = (__u16)type;
	for (size_t i = 0; i < sizeof(icmp_pairs) / sizeof(icmp_pairs[0]); i++) {
		const struct icmp_pair *pair = &icmp_pairs[i];

		if (pair->protocol != kidos_key_protocol(key) ||
		    (type != pair->asks && type != pair->answers))
			continue;
		to->port = type == pair->asks ? pair->answers : pair->asks;
		return true;
	}
	to->port = key->dport & 0xff;
	return false;
}

/* UDP-Lite and DCCP have ports, but none that the specification knows. */
static bool hashes_ports(unsigned int protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static void order(struct end *from, struct end *to, size_t length)
{
	int difference = memcmp(from->address, to->address, length);
	struct end other = *from;

	if (difference < 0 || (!difference && from->port <= to->port))
		return;
	*from = *to;
	*to = other;
}

static void hash_port(struct sha1_ctx *sha1, __u16 port)
{
	const __u8 bytes[] = { (__u8)(port >> 8), (__u8)port };

	sha1_update(sha1, sizeof(bytes), bytes);
}

static void digest_text(struct sha1_ctx *sha1, char text[KIDOS_COMMUNITY_ID])
{
	__u8 digest[SHA1_DIGEST_SIZE];

	sha1_digest(sha1, sizeof(digest), digest);
	memcpy(text, "1:", 2);
	base64_encode_raw(text + 2, sizeof(digest), digest);
	text[KIDOS_COMMUNITY_ID - 1] = '\0';
}

void kidos_community_id(const struct kidos_flow_key *key, char text[KIDOS_COMMUNITY_ID])
{
	size_t skip = kidos_key_is_ipv4(key) ? 12 : 0, length = sizeof(key->src) - skip;
	const __u8 protocol[] = { (__u8)kidos_key_protocol(key), 0 };
	struct end from = { key->src.bytes + skip, key->sport };
	struct end to = { key->dst.bytes + skip, key->dport };
	struct sha1_ctx sha1;

	if (!hashes_ports(*protocol))
		from.port = to.port = 0;
	if (!kidos_key_is_icmp(key) || icmp_ports(key, &from, &to))
		order(&from, &to, length);
	sha1_init(&sha1);
	hash_port(&sha1, 0); /* the seed */
	sha1_update(&sha1, length, from.address);
	sha1_update(&sha1, length, to.address);
	sha1_update(&sha1, sizeof(protocol), protocol);
	if (hashes_ports(*protocol)) {
		hash_port(&sha1, from.port);
		hash_port(&sha1, to.port);
	}
	digest_text(&sha1, text);
}
