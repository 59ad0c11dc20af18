/* SPDX-License-Identifier: MIT */
/* hash.h: the two hashes of the user half, in the header for loops that call them a million times.
 */
#ifndef KIDOS_CORE_HASH_H
#define KIDOS_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Of `count` words of 64 bits. With a seed that others do not know, who chooses
 * the words cannot choose the places.
 */
static inline uint64_t kidos_hash_words(const void *words, size_t count, uint64_t seed)
{
	uint64_t word, hash = seed;

	for (size_t i = 0; i < count; i++) {
		memcpy(&word, (const char *)words + i * sizeof(word), sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
		hash ^= hash >> 32;
	}
	return hash;
}

/* FNV-1a of 64 bits, the same everywhere and for ever: begins with KIDOS_FNV and goes on. */
#define KIDOS_FNV 0xcbf29ce484222325u

static inline uint64_t kidos_fnv(uint64_t hash, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;

	while (count--)
		hash = (hash ^ *at++) * 0x100000001b3u;
	return hash;
}

#endif
