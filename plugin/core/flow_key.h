/* SPDX-License-Identifier: MIT */
/* flow_key.h: the parts of a flow key, taken out of its packed word. */
#ifndef KIDOS_CORE_FLOW_KEY_H
#define KIDOS_CORE_FLOW_KEY_H

#include "abi.h"

#include <stdbool.h>
#include <stdint.h>

#define KIDOS_TEXT_ADDRESS 46 /* INET6_ADDRSTRLEN */

static inline unsigned int kidos_key_protocol(const struct kidos_flow_key *key)
{
	return key->meta >> KIDOS_META_PROTOCOL_SHIFT & 0xff;
}

static inline unsigned int kidos_key_vlan(const struct kidos_flow_key *key)
{
	return key->meta >> KIDOS_META_VLAN_SHIFT & KIDOS_META_VLAN_MASK;
}

static inline unsigned int kidos_key_slot(const struct kidos_flow_key *key)
{
	return key->meta >> KIDOS_META_SLOT_SHIFT & KIDOS_META_SLOT_MASK;
}

static inline unsigned int kidos_key_direction(const struct kidos_flow_key *key)
{
	return key->meta >> KIDOS_META_DIRECTION_SHIFT & 1;
}

static inline bool kidos_key_is_ipv4(const struct kidos_flow_key *key)
{
	return key->meta & KIDOS_META_IPV4;
}

/* ICMP or ICMPv6: its port fields are an identifier, and type and code. */
bool kidos_key_is_icmp(const struct kidos_flow_key *key);

/* Does the protocol have ports (TCP, UDP, UDP-Lite, SCTP, DCCP)? */
bool kidos_key_has_ports(const struct kidos_flow_key *key);

/* A seeded hash for tables of the user half, and a random seed of its own for one of them. */
uint64_t kidos_key_seed(void);
uint64_t kidos_key_hash(const struct kidos_flow_key *key, uint64_t seed);

/* The numbers of an address, IPv4 in its own dress. */
void kidos_address_text(const union kidos_address *address, bool ipv4,
			char text[KIDOS_TEXT_ADDRESS]);

/* Clears all but the first bits (of 32 for IPv4, of 128 for IPv6). */
void kidos_address_mask(union kidos_address *address, bool ipv4, unsigned int bits);

#endif
