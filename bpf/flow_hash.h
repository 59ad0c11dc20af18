/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* flow_hash.h: where a flow's entry may lie; the reader checks entries with it. */
#ifndef KIDOS_FLOW_HASH_H
#define KIDOS_FLOW_HASH_H

#include "abi.h"

/* Ports and meta, the key's last eight bytes. */
static __always_inline __u64 kidos_key_tail(const struct kidos_flow_key *key)
{
	return (__u64)key->meta << 32 | (__u32)key->dport << 16 | key->sport;
}

/* Seeded, so that nobody outside can aim at one set. IPv4 needs two rounds. */
static __always_inline __u64 kidos_hash_round(__u64 hash, __u64 word, __u64 seed)
{
	hash = (hash ^ word) * (seed | 1);
	return hash ^ hash >> 32;
}

static __always_inline __u64 kidos_flow_hash(const struct kidos_flow_key *key,
					     const volatile __u64 *seed)
{
	__u64 hash = kidos_hash_round(seed[0], kidos_key_tail(key), seed[1]);

	if (key->meta & KIDOS_META_IPV4)
		return kidos_hash_round(hash, (__u64)key->src.words[3] << 32 | key->dst.words[3],
					seed[2]);
	hash = kidos_hash_round(hash, key->src.halves[0], seed[2]);
	hash = kidos_hash_round(hash, key->src.halves[1], seed[3]);
	hash = kidos_hash_round(hash, key->dst.halves[0], seed[4]);
	return kidos_hash_round(hash, key->dst.halves[1], seed[1]);
}

/* A flow's sets: different stretches of its hash, the low bits are the first way. */
static __always_inline __u32 kidos_flow_choice(__u64 hash, __u32 choice, __u32 set_mask)
{
	return (hash * (2 * choice + 1) >> 24) & set_mask;
}

#endif
