/* SPDX-License-Identifier: MIT */
/*
 * Where flows lie: no input bit is without effect on any bit of any choice,
 * structured flows find room as random ones do, and pairs that are known to
 * meet in other hashes meet no more often than chance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "flow_hash.h"

#define KEY_WORDS (sizeof(struct kidos_flow_key) / sizeof(uint64_t))
#define SETS_LOG 18
#define FLOWS 1000000u

static uint64_t random_state = 1;

static uint64_t random_word(void)
{
	uint64_t word = random_state += 0x9e3779b97f4a7c15;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
	word = (word ^ word >> 27) * 0x94d049bb133111eb;
	return word ^ word >> 31;
}

static void random_fill(void *to, size_t size)
{
	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = random_word();

		memcpy((char *)to + i, &word, sizeof(word));
	}
}

static void make_ipv4(struct kidos_flow_key *key)
{
	key->meta |= KIDOS_META_IPV4;
	key->src.halves[0] = key->dst.halves[0] = 0;
	key->src.words[2] = key->dst.words[2] = htonl(0xffff);
}

/* ---- Each input bit moves each bit of each choice for half of all keys and seeds. ---- */

#define SAMPLES 80000 /* 0.01 is 5.6 standard deviations */

static const struct {
	unsigned int first, bits; /* of the key */
} ipv6_bits[] = { { 0, 319 }, {} }, ipv4_bits[] = { { 96, 32 }, { 224, 32 }, { 256, 63 }, {} };

static void flip(struct kidos_flow_key *key, unsigned int bit)
{
	((uint8_t *)key)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void count_moved(unsigned int bit, bool ipv4, unsigned int moved[KIDOS_CHOICES][SETS_LOG])
{
	struct kidos_hash_seed seed;
	struct kidos_flow_key key;

	for (unsigned int i = 0; i < SAMPLES; i++) {
		uint64_t before, after;

		if (i % 8 == 0)
			random_fill(&seed, sizeof(seed));
		random_fill(&key, sizeof(key));
		key.meta &= ~KIDOS_META_IPV4;
		if (ipv4)
			make_ipv4(&key);
		before = kidos_flow_hash(&key, &seed);
		flip(&key, bit);
		after = kidos_flow_hash(&key, &seed);
		for (unsigned int c = 0; c < KIDOS_CHOICES; c++) {
			uint32_t changed = kidos_flow_choice(before, c, &seed, UINT32_MAX) ^
					   kidos_flow_choice(after, c, &seed, UINT32_MAX);

			for (unsigned int b = 0; b < SETS_LOG; b++)
				moved[c][b] += changed >> b & 1;
		}
	}
}

static double worst_bit(unsigned int bit, bool ipv4)
{
	unsigned int moved[KIDOS_CHOICES][SETS_LOG] = {};
	double worst = 0;

	count_moved(bit, ipv4, moved);
	for (unsigned int c = 0; c < KIDOS_CHOICES; c++)
		for (unsigned int b = 0; b < SETS_LOG; b++) {
			double off = (double)moved[c][b] / SAMPLES - 0.5;

			off = off < 0 ? -off : off;
			worst = off > worst ? off : worst;
		}
	return worst;
}

static void test_avalanche(void **state)
{
	double worst = 0;

	(void)state;
	for (int ipv4 = 0; ipv4 < 2; ipv4++)
		for (unsigned int i = 0; (ipv4 ? ipv4_bits : ipv6_bits)[i].bits; i++) {
			unsigned int first = (ipv4 ? ipv4_bits : ipv6_bits)[i].first;
			unsigned int bits = (ipv4 ? ipv4_bits : ipv6_bits)[i].bits;

			for (unsigned int bit = first; bit < first + bits; bit++) {
				double off = worst_bit(bit, ipv4);

				worst = off > worst ? off : worst;
			}
		}
	printf("# 0.5 +- %.4f\n", worst);
	assert_true(worst < 0.01);
}

/* ---- Structured flows ---- */

/* The fields of flow n that follow the pattern; n < FLOWS. */
static void v4(struct kidos_flow_key *key, uint32_t src, uint32_t dst, uint16_t sport,
	       uint16_t dport)
{
	key->src.words[3] = htonl(src);
	key->dst.words[3] = htonl(dst);
	key->sport = sport;
	key->dport = dport;
	key->meta = 17 | 1 << KIDOS_META_SLOT_SHIFT;
	make_ipv4(key);
}

static void v6(struct kidos_flow_key *key, uint64_t src, uint64_t src_low, uint64_t dst_low)
{
	key->src.halves[0] = htobe64(src);
	key->src.halves[1] = htobe64(src_low);
	key->dst.halves[0] = htobe64(0x20010db800000000);
	key->dst.halves[1] = htobe64(dst_low);
	key->sport = 443;
	key->dport = 50000;
	key->meta = 6 | 1 << KIDOS_META_SLOT_SHIFT;
}

#define TEN 0x0a000000u
#define DOCUMENTATION 0x20010db800000000u

static void random_keys(struct kidos_flow_key *key, uint32_t n)
{
	(void)n;
	random_fill(key, sizeof(*key));
}

static void source_sweep(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + n, 0xc0a80101, 40000, 53);
}

static void destination_sweep(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, 0xc0a80101, 0xac100000 + n, 40000, 53);
}

static void source_sweep_reversed(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, __builtin_bswap32(n), 0xc0a80101, 40000, 53);
}

static void ports_sweep(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + n / 1000000, 0xc0a80101, (uint16_t)(n % 1000), (uint16_t)(n / 1000));
}

static void port_scan(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + (n >> 16), 0xc0a80101, 40000, (uint16_t)n);
}

static void mesh(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + n / 1000, TEN + n % 1000, 7000, 7000);
}

static void mesh_of_subnets(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + (n / 1000 << 8) + 1, TEN + (n % 1000 << 8) + 1, 4789, 4789);
}

static void stride_256(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + (n << 8), 0xc0a80101, 40000, 53);
}

static void stride_odd(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, n * 4093, 0xc0a80101 + n * 3, 40000, 53);
}

static void both_together(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + n, TEN + n, (uint16_t)n, (uint16_t)n);
}

static void nat_pool(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, 0xcb007100 + n % 16, 0x08080808 + n / 1000000, (uint16_t)(1024 + n / 16),
	   (uint16_t)(n / (16 * 60000) ? 53 : 443));
}

static void vlans(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + n / 4096, 0xc0a80101, 40000, 53);
	key->meta |= (n & KIDOS_META_VLAN_MASK) << KIDOS_META_VLAN_SHIFT;
}

static void slots(struct kidos_flow_key *key, uint32_t n)
{
	v4(key, TEN + n / 1024, 0xc0a80101, 40000, 53);
	key->meta = (key->meta & ~(KIDOS_META_SLOT_MASK << KIDOS_META_SLOT_SHIFT)) |
		    (n & KIDOS_META_SLOT_MASK) << KIDOS_META_SLOT_SHIFT;
}

static void prefixes_64(struct kidos_flow_key *key, uint32_t n)
{
	v6(key, DOCUMENTATION + n, 1, 1);
}

static void prefixes_48(struct kidos_flow_key *key, uint32_t n)
{
	v6(key, DOCUMENTATION + ((uint64_t)n << 16), 1, 1);
}

static void low_bits(struct kidos_flow_key *key, uint32_t n)
{
	v6(key, DOCUMENTATION, n, 1);
}

static void low_bits_mesh(struct kidos_flow_key *key, uint32_t n)
{
	v6(key, DOCUMENTATION, n / 1000, n % 1000);
}

static void eui_64(struct kidos_flow_key *key, uint32_t n)
{
	v6(key, DOCUMENTATION, 0x0254a2fffe000000 + n, 0x0254a2fffe000001);
}

static const struct {
	const char *name;
	void (*key)(struct kidos_flow_key *key, uint32_t n);
} patterns[] = {
	{ "sources of a /12", source_sweep },
	{ "destinations of a /12", destination_sweep },
	{ "sources, upper bits first", source_sweep_reversed },
	{ "both ports", ports_sweep },
	{ "port scan by 16 hosts", port_scan },
	{ "mesh of 1000 hosts", mesh },
	{ "mesh of 1000 subnets", mesh_of_subnets },
	{ "stride of 256", stride_256 },
	{ "odd strides", stride_odd },
	{ "everything counts up", both_together },
	{ "NAT pool", nat_pool },
	{ "VLANs", vlans },
	{ "interfaces", slots },
	{ "IPv6 /64s", prefixes_64 },
	{ "IPv6 /48s", prefixes_48 },
	{ "IPv6 low bits", low_bits },
	{ "IPv6 mesh", low_bits_mesh },
	{ "EUI-64", eui_64 },
};

/* The table's own rule: the first of a flow's sets that has a way left. Returns how many had none.
 */
static unsigned int place_all(void (*make)(struct kidos_flow_key *key, uint32_t n),
			      const struct kidos_hash_seed *seed, uint8_t *used, uint32_t sets)
{
	unsigned int lost = 0;

	memset(used, 0, sets);
	for (uint32_t n = 0; n < FLOWS; n++) {
		struct kidos_flow_key key = {};
		unsigned int choice = 0;
		uint32_t set;
		uint64_t hash;

		make(&key, n);
		hash = kidos_flow_hash(&key, seed);
		do {
			set = kidos_flow_choice(hash, choice, seed, sets - 1);
		} while (used[set] == KIDOS_WAYS && ++choice < KIDOS_CHOICES);
		if (choice < KIDOS_CHOICES)
			used[set]++;
		else
			lost++;
	}
	return lost;
}

/* At half load, where none may be lost, and at 95 %, where random flows lose some. */
static void test_structured(void **state)
{
	uint8_t *used = malloc(1u << SETS_LOG);
	struct kidos_hash_seed seed;
	double worst = 0;

	(void)state;
	assert_non_null(used);
	for (uint32_t log = SETS_LOG - 1; log <= SETS_LOG; log++)
		for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
			for (int round = 0; round < 2; round++) {
				double off, plain;

				random_fill(&seed, sizeof(seed));
				plain = place_all(random_keys, &seed, used, 1u << log);
				off = place_all(patterns[i].key, &seed, used, 1u << log) - plain;
				if (off > 0.001 * FLOWS)
					print_error("# %s: %.0f of %u more without room than "
						    "of random flows\n",
						    patterns[i].name, off, FLOWS);
				worst = off > worst ? off : worst;
			}
	printf("# at most %.4f %% more without room than of random flows\n", 100 * worst / FLOWS);
	free(used);
	assert_true(worst < 0.001 * FLOWS);
}

/* ---- Pairs that meet in other hashes ---- */

#define MEET_SETS 256u
#define MEET_SEEDS 20000u

/* Chains of 64-bit multiplications do not carry downwards; sums of products know zero. */
static const uint64_t masks[] = { 0, 1ull << 63, 1ull << 31, 1ull << 63 | 1ull << 31 };
#define MASKS (sizeof(masks) / sizeof(masks[0]))

static struct kidos_flow_key altered(const struct kidos_flow_key *key, unsigned int family)
{
	uint64_t words[KEY_WORDS];
	struct kidos_flow_key other;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < KEY_WORDS; i++, family /= MASKS)
		words[i] ^= masks[family % MASKS];
	memcpy(&other, words, sizeof(other));
	other.meta = (other.meta & ~KIDOS_META_IPV4) | (key->meta & KIDOS_META_IPV4);
	if (key->meta & KIDOS_META_IPV4)
		make_ipv4(&other);
	return other;
}

/* How often the second flow's first set is one of the first flow's. */
static unsigned int meetings(const struct kidos_flow_key *a, const struct kidos_flow_key *b,
			     unsigned int seeds)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < seeds; i++) {
		struct kidos_hash_seed seed;
		uint64_t first, second;
		uint32_t set;

		random_fill(&seed, sizeof(seed));
		first = kidos_flow_hash(a, &seed);
		second = kidos_flow_hash(b, &seed);
		set = kidos_flow_choice(second, 0, &seed, MEET_SETS - 1);
		for (unsigned int c = 0; c < KIDOS_CHOICES; c++)
			count += kidos_flow_choice(first, c, &seed, MEET_SETS - 1) == set;
	}
	return count;
}

/* 4 of 256, and five and a half standard deviations of so many draws. */
static bool is_chance(unsigned int count, unsigned int seeds)
{
	double mean = (double)seeds * KIDOS_CHOICES / MEET_SETS;

	return (count - mean) * (count - mean) < 5.5 * 5.5 * mean;
}

static void test_families(void **state)
{
	unsigned int bad = 0;

	(void)state;
	for (unsigned int family = 1; family < 1 << 2 * KEY_WORDS; family++)
		for (int kind = 0; kind < 4; kind++) {
			struct kidos_flow_key key = {}, other;

			if (kind & 2)
				random_fill(&key, sizeof(key));
			key.meta &= ~KIDOS_META_IPV4;
			if (kind & 1)
				make_ipv4(&key);
			other = altered(&key, family);
			if (memcmp(&key, &other, sizeof(key)) &&
			    !is_chance(meetings(&key, &other, 2000), 2000))
				bad += !is_chance(meetings(&key, &other, MEET_SEEDS), MEET_SEEDS);
		}
	assert_int_equal(bad, 0);
}

/* An IPv4 flow's products are some of an IPv6 flow's; and what is the same read backwards. */
static void test_relatives(void **state)
{
	struct kidos_flow_key four = {}, six, turned;

	(void)state;
	v4(&four, TEN + 1, TEN + 2, 1000, 2000);
	six = four;
	six.meta &= ~KIDOS_META_IPV4;
	assert_true(is_chance(meetings(&four, &six, MEET_SEEDS), MEET_SEEDS));
	memset(&six.src, 0, sizeof(six.src));
	memset(&six.dst, 0, sizeof(six.dst));
	assert_true(is_chance(meetings(&four, &six, MEET_SEEDS), MEET_SEEDS));
	v4(&turned, TEN + 2, TEN + 1, 2000, 1000);
	assert_true(is_chance(meetings(&four, &turned, MEET_SEEDS), MEET_SEEDS));
}

/* A flow's own sets are independent of each other. */
static void test_choices(void **state)
{
	unsigned int same = 0, pairs = KIDOS_CHOICES * (KIDOS_CHOICES - 1) / 2;
	struct kidos_flow_key key = {};
	double mean = (double)MEET_SEEDS * pairs / MEET_SETS;

	(void)state;
	v4(&key, TEN + 1, TEN + 2, 1000, 2000);
	for (unsigned int i = 0; i < MEET_SEEDS; i++) {
		struct kidos_hash_seed seed;
		uint64_t hash;

		random_fill(&seed, sizeof(seed));
		hash = kidos_flow_hash(&key, &seed);
		for (unsigned int a = 0; a < KIDOS_CHOICES; a++)
			for (unsigned int b = 0; b < a; b++)
				same += kidos_flow_choice(hash, a, &seed, MEET_SETS - 1) ==
					kidos_flow_choice(hash, b, &seed, MEET_SETS - 1);
	}
	assert_true((same - mean) * (same - mean) < 5.5 * 5.5 * mean);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "flow hash: each bit moves each bit of each choice half the time", test_avalanche,
		  NULL, NULL, NULL },
		{ "flow hash: structured flows find room as random ones do", test_structured, NULL,
		  NULL, NULL },
		{ "flow hash: known pairs meet no more often than chance", test_families, NULL,
		  NULL, NULL },
		{ "flow hash: nor do IPv4 and IPv6, or a flow and its answer", test_relatives, NULL,
		  NULL, NULL },
		{ "flow hash: a flow's own sets are independent", test_choices, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("flow hash", tests, NULL, NULL) != 0;
}
