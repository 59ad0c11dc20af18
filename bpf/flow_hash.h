/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * flow_hash.h: the sets in which a flow's entry may lie.
 *
 *   NH (UMAC, RFC 4418 5.2) over the key's 32-bit halves, each with a random
 *   number of its own: two different keys of one family come to the same 64
 *   bits for 2^-32 of all seeds, an IPv4 and an IPv6 key for at most 2^-31.
 *   A bijective mixer, which adds no such pair.
 *   Pair-multiply-shift (M. Thorup, "High Speed Hashing for Integers and
 *   Strings", arXiv:1504.06804), with numbers of its own for each choice:
 *   of different 64 bits, any two sets are equally likely.
 *
 * So whatever flows were chosen without watching the table, each of them lies
 * in one given set of another flow for at most 1 / sets + 2^-31 of all seeds,
 * as if both had been drawn. Who can see evictions or time packets can learn
 * which flows share a set: that is out of scope. The seed is in read-only
 * data of the programs alone, which takes CAP_SYS_ADMIN to read.
 */
#ifndef KIDOS_FLOW_HASH_H
#define KIDOS_FLOW_HASH_H

#include "abi.h"

/* Ports and meta, the key's last eight bytes. */
static __always_inline __u64 kidos_key_tail(const struct kidos_flow_key *key)
{
	return (__u64)key->meta << 32 | (__u32)key->dport << 16 | key->sport;
}

static __always_inline __u64 kidos_hash_pair(__u64 halves, const volatile __u32 *seed)
{
	return (__u64)((__u32)halves + seed[0]) * ((__u32)(halves >> 32) + seed[1]);
}

/* Each step can be taken back. NH's lowest and highest bits are the ones that are not even. */
static __always_inline __u64 kidos_hash_mix(__u64 hash)
{
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15; /* 2^64 / golden ratio */
	return hash ^ hash >> 32;
}

static __always_inline __u64 kidos_flow_hash(const struct kidos_flow_key *key,
					     const volatile struct kidos_hash_seed *seed)
{
	__u64 hash = kidos_hash_pair(kidos_key_tail(key), &seed->halves[0]);

	if (key->meta & KIDOS_META_IPV4)
		return kidos_hash_mix(
			hash + kidos_hash_pair((__u64)key->src.words[3] << 32 | key->dst.words[3],
					       &seed->halves[2]));
	hash += kidos_hash_pair(key->src.halves[0], &seed->halves[2]);
	hash += kidos_hash_pair(key->src.halves[1], &seed->halves[4]);
	hash += kidos_hash_pair(key->dst.halves[0], &seed->halves[6]);
	return kidos_hash_mix(hash + kidos_hash_pair(key->dst.halves[1], &seed->halves[8]));
}

/* One of a flow's sets. The low bits of the hash are the first way. */
static __always_inline __u32 kidos_flow_choice(__u64 hash, __u32 choice,
					       const volatile struct kidos_hash_seed *seed,
					       __u32 set_mask)
{
	const volatile __u64 *own = seed->choices[choice];

	return ((own[0] + (__u32)hash) * (own[1] + (hash >> 32)) + own[2]) >> 32 & set_mask;
}

#endif
