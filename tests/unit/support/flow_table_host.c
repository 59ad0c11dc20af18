/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "flow_table_host.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "flow_table.h"

#define MAX_LOOKS 1000000000 /* some seconds: its writer will never be done */

struct host_table host;

/*
 * The compiler calls this at the start of every function of this file, those
 * inlined from flow_table.h too: now and then another thread has its turn there,
 * as another CPU may be anywhere when a program reads a word.
 */
__attribute__((no_instrument_function)) void __cyg_profile_func_enter(void *function, void *caller)
{
	static _Thread_local unsigned int seed = 1;

	(void)function;
	(void)caller;
	if (rand_r(&seed) % 64 == 0)
		sched_yield();
}

__attribute__((no_instrument_function)) void __cyg_profile_func_exit(void *function, void *caller)
{
	(void)function;
	(void)caller;
}

static __always_inline struct kidos_flow_set *kidos_table_set(__u32 index)
{
	return &host.sets[index];
}

static __always_inline struct kidos_detail_set *kidos_table_detail(__u32 index)
{
	return &host.details[index];
}

static void add(struct kidos_count *count, uint64_t packets, uint64_t bytes)
{
	__sync_fetch_and_add(&count->packets, packets);
	__sync_fetch_and_add(&count->bytes, bytes);
}

/* What leaves the table leaves it whole. */
static __always_inline void kidos_table_retire(const struct kidos_flow_key *key, __u64 packets,
					       __u64 bytes)
{
	host_check(bytes == packets * host_size(host_number(key)));
	add(&host.retired, packets, bytes);
}

/* Nothing is policed: policy_room is 0. */
static __always_inline __u32 kidos_table_judge(const struct kidos_flow_packet *packet)
{
	(void)packet;
	return 0;
}

static __always_inline void kidos_table_spill(const struct kidos_spill *spill)
{
	__sync_fetch_and_add(&host.evicted, 1);
	add(&host.spilled, spill->packets, spill->bytes);
}

void host_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "# %s:%d: %s\n", file, line, condition);
	_exit(1);
}

/* splitmix64: any numbers, the same in every run. */
static void fill_seed(struct kidos_hash_seed *seed)
{
	uint64_t words[sizeof(*seed) / sizeof(uint64_t)], state = 1, word;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		word = state += 0x9e3779b97f4a7c15;
		word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
		word = (word ^ word >> 27) * 0x94d049bb133111eb;
		words[i] = word ^ word >> 31;
	}
	memcpy(seed, words, sizeof(*seed));
}

void host_open(uint32_t sets)
{
	host = (struct host_table){
		.sets = aligned_alloc(64, sets * sizeof(*host.sets)),
		.details = aligned_alloc(64, sets * sizeof(*host.details)),
		.meta = { .set_mask = sets - 1, .idle = HOST_IDLE },
	};
	assert_non_null(host.sets);
	assert_non_null(host.details);
	memset(host.sets, 0, sets * sizeof(*host.sets));
	memset(host.details, 0, sets * sizeof(*host.details));
	fill_seed(&host.seed);
}

void host_close(void)
{
	free(host.sets);
	free(host.details);
}

uint64_t host_size(uint32_t flow)
{
	return 60 + flow % 1441;
}

/* Every word of the key depends on all of the number. */
struct kidos_flow_key host_key(uint32_t flow)
{
	struct kidos_flow_key key = { .sport = (uint16_t)flow, .dport = (uint16_t)(flow >> 16) };

	for (unsigned int i = 0; i < 4; i++) {
		key.src.words[i] = htonl(flow * 2654435761u + i);
		key.dst.words[i] = htonl(flow * 2246822519u + i);
	}
	key.meta = 6 | (flow & KIDOS_META_VLAN_MASK) << KIDOS_META_VLAN_SHIFT;
	return key;
}

uint32_t host_number(const struct kidos_flow_key *key)
{
	uint32_t flow = (uint32_t)key->dport << 16 | key->sport;
	struct kidos_flow_key whole = host_key(flow);

	host_check(memcmp(key, &whole, sizeof(whole)) == 0);
	return flow;
}

void host_send(uint32_t flow, uint32_t packets, uint32_t now)
{
	struct kidos_traffic_config config = { .set_mask = host.meta.set_mask,
					       .idle = host.meta.idle };
	struct kidos_flow_packet packet = {
		.key = host_key(flow),
		.packets = packets,
		.bytes = packets * host_size(flow),
		.now = now,
		.tunnel_id = flow,
		.inner_vlan = flow & 0xfff,
		.tcp_flags = (uint8_t)(1u << (flow + now) % 8),
	};

	config.seed = host.seed;
	add(&host.sent, packet.packets, packet.bytes);
	if (kidos_flow_count(&config, &packet))
		return;
	__sync_fetch_and_add(&host.unattributed, 1);
	add(&host.retired, packet.packets, packet.bytes);
}

static bool read_entry(uint32_t set, uint32_t way, struct kidos_flow_reading *reading)
{
	const struct kidos_flow *flow = &host.sets[set].ways[way];
	uint64_t state;
	uint32_t looks = 0;

	do {
		if (kidos_flow_read(flow, reading))
			return true;
		host_check(++looks < MAX_LOOKS);
		state = __atomic_load_n(&flow->state, __ATOMIC_ACQUIRE);
	} while (state & KIDOS_STATE_WRITING || kidos_state_owner(state));
	return false;
}

struct kidos_count host_live(uint64_t *flows)
{
	struct kidos_flow_reading reading;
	struct kidos_count live = {};

	*flows = 0;
	for (uint32_t set = 0; set <= host.meta.set_mask; set++)
		for (uint32_t way = 0; way < KIDOS_WAYS; way++)
			if (read_entry(set, way, &reading)) {
				uint64_t packets =
					reading.packets +
					((uint64_t)host.details[set].ways[way].packets_carry << 32);

				/* Bytes are read before packets and written after them. */
				host_check(reading.bytes <=
					   packets * host_size(host_number(&reading.key)));
				live.packets += packets;
				live.bytes += reading.bytes;
				++*flows;
			}
	return live;
}

bool host_find(uint32_t flow, struct kidos_flow_reading *reading, uint32_t *set, uint32_t *way)
{
	for (*set = 0; *set <= host.meta.set_mask; ++*set)
		for (*way = 0; *way < KIDOS_WAYS; ++*way)
			if (read_entry(*set, *way, reading) && host_number(&reading->key) == flow)
				return true;
	return false;
}

static void assert_whole(uint32_t set, uint32_t way)
{
	struct kidos_flow_reading reading;
	uint32_t flow;

	if (!read_entry(set, way, &reading))
		return;
	flow = host_number(&reading.key);
	reading.packets += (uint64_t)host.details[set].ways[way].packets_carry << 32;
	assert_int_equal(reading.bytes, reading.packets * host_size(flow));
	assert_int_equal(host.details[set].ways[way].tunnel_id, flow);
	assert_int_equal(host.details[set].ways[way].inner_vlan, flow & 0xfff);
}

void host_assert_exact(void)
{
	uint64_t flows;
	struct kidos_count live = host_live(&flows);

	for (uint32_t set = 0; set <= host.meta.set_mask; set++)
		for (uint32_t way = 0; way < KIDOS_WAYS; way++)
			assert_whole(set, way);
	assert_int_equal(live.packets + host.retired.packets, host.sent.packets);
	assert_int_equal(live.bytes + host.retired.bytes, host.sent.bytes);
}
