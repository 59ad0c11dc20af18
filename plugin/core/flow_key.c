/* SPDX-License-Identifier: MIT */
#include "core/flow_key.h"
#include "core/hash.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>

#define MAPPED_BITS 96 /* ahead of an IPv4 address, RFC 4291 2.5.5.2 */

bool kidos_key_is_icmp(const struct kidos_flow_key *key)
{
	unsigned int protocol = kidos_key_protocol(key);

	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

bool kidos_key_has_ports(const struct kidos_flow_key *key)
{
	switch (kidos_key_protocol(key)) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

uint64_t kidos_key_seed(void)
{
	uint64_t seed;

	/* Does not fail for so few bytes; without it others can predict the hash. */
	return getrandom(&seed, sizeof(seed), 0) == sizeof(seed) ? seed : 0;
}

uint64_t kidos_key_hash(const struct kidos_flow_key *key, uint64_t seed)
{
	return kidos_hash_words(key, sizeof(*key) / sizeof(uint64_t), seed);
}

void kidos_address_text(const union kidos_address *address, bool ipv4,
			char text[KIDOS_TEXT_ADDRESS])
{
	inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? &address->bytes[12] : address->bytes, text,
		  KIDOS_TEXT_ADDRESS);
}

void kidos_address_mask(union kidos_address *address, bool ipv4, unsigned int bits)
{
	bits += ipv4 ? MAPPED_BITS : 0;
	for (unsigned int i = 0; i < sizeof(address->bytes); i++) {
		unsigned int kept = bits > 8 * i ? bits - 8 * i : 0;

		if (kept < 8)
			address->bytes[i] &= (__u8)(0xff00 >> kept);
	}
}
