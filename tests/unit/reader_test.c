/* SPDX-License-Identifier: MIT */
/* What the scan of a flow table tells of each entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flows/reader.h"

#define SETS 4

static struct kidos_count told; /* sums since the last scan */
static unsigned int calls;

static void gained(void *context, const struct kidos_flow_key *key, const struct kidos_count *count)
{
	(void)context;
	(void)key;
	told.packets += count->packets;
	told.bytes += count->bytes;
	calls++;
}

static struct kidos_meta meta_of(bool baseline)
{
	return (struct kidos_meta){ .set_mask = SETS - 1,
				    .idle = 1000,
				    .baseline = baseline,
				    .slots = 4,
				    .max_flows = 16,
				    .unit_ns = 4000000 };
}

static struct kidos_flow_key key_of(uint32_t number)
{
	struct kidos_flow_key key = { .meta = 17 | 1 << KIDOS_META_SLOT_SHIFT | KIDOS_META_IPV4 };

	key.src.words[3] = number;
	return key;
}

/* A flow's entry. */
static struct kidos_flow *put(struct kidos_flow_set *sets, uint32_t number, uint32_t owner,
			      uint32_t packets, uint64_t bytes, uint32_t last)
{
	struct kidos_flow_key key = key_of(number);
	struct kidos_flow *flow = &sets[number % SETS].ways[0];

	*flow = (struct kidos_flow){ .key = key,
				     .bytes = bytes,
				     .last = last,
				     .state = (uint64_t)packets << 32 | owner << 2 };
	return flow;
}

static void start(struct kidos_reader *reader, const struct kidos_meta *meta)
{
	assert_int_equal(kidos_reader_init(reader, meta, gained, NULL), 0);
}

static void scan(struct kidos_reader *reader, const struct kidos_flow_set *sets, uint64_t packets,
		 uint64_t bytes)
{
	told = (struct kidos_count){};
	calls = 0;
	kidos_reader_begin(reader);
	kidos_reader_table(reader, sets, SETS);
	assert_int_equal(told.packets, packets);
	assert_int_equal(told.bytes, bytes);
}

static void test_deltas(void **state)
{
	static struct kidos_flow_set sets[SETS];
	struct kidos_meta meta = meta_of(false);
	struct kidos_reader reader;
	struct kidos_flow *flow;

	(void)state;
	start(&reader, &meta);
	kidos_reader_begin(&reader);
	flow = put(sets, 1, 1, 5, 500, reader.now);
	scan(&reader, sets, 5, 500);
	assert_int_equal(reader.active, 1);
	assert_int_equal(reader.active_of[1], 1);
	scan(&reader, sets, 0, 0);
	assert_int_equal(calls, 0);
	flow->state += 3ull << 32;
	flow->bytes += 300;
	scan(&reader, sets, 3, 300);
	flow->state += 0xfffffff0ull << 32; /* the 32-bit count wraps */
	scan(&reader, sets, 0, 0);
	flow->state = (uint64_t)20 << 32 | 1 << 2;
	flow->bytes += 100;
	scan(&reader, sets, 12, 100);
	flow->state |= KIDOS_STATE_WRITING;
	scan(&reader, sets, 0, 0);
	flow = put(sets, 1, 2, 7, 70, reader.now - 2000);
	scan(&reader, sets, 7, 70);
	assert_int_equal(reader.active, 0);
	kidos_reader_free(&reader);
}

/* A late packet of the former owner is added and taken back: nothing is told twice. */
static void test_count_seen_too_high(void **state)
{
	static struct kidos_flow_set sets[SETS];
	struct kidos_meta meta = meta_of(false);
	struct kidos_reader reader;
	struct kidos_flow *flow;

	(void)state;
	start(&reader, &meta);
	flow = put(sets, 1, 1, 45, 0, 0);
	scan(&reader, sets, 45, 0);
	flow->state -= 40ull << 32;
	scan(&reader, sets, 0, 0);
	flow->state += 60ull << 32;
	flow->bytes = 6500;
	scan(&reader, sets, 20, 6500);
	kidos_reader_free(&reader);
}

/* What no packet's key is was emptied: it is of nobody. */
static void test_emptied(void **state)
{
	static struct kidos_flow_set sets[SETS];
	struct kidos_meta meta = meta_of(false);
	struct kidos_reader reader;

	(void)state;
	start(&reader, &meta);
	sets[0].ways[0] =
		(struct kidos_flow){ .key.meta = KIDOS_META_IPV4, .state = 1ull << 32 | 1 << 2 };
	scan(&reader, sets, 0, 0);
	assert_int_equal(reader.active, 0);
	kidos_reader_free(&reader);
}

static void test_spilled(void **state)
{
	static struct kidos_flow_set sets[SETS];
	struct kidos_meta meta = meta_of(false);
	struct kidos_reader reader;
	struct kidos_count rest;
	struct kidos_flow *flow;
	uint32_t entry;

	(void)state;
	start(&reader, &meta);
	flow = put(sets, 1, 5, 10, 1000, 0);
	entry = (uint32_t)(flow - sets[0].ways);
	scan(&reader, sets, 10, 1000);
	const struct {
		struct kidos_spill spill;
		bool known;
		uint64_t packets, bytes;
	} cases[] = {
		{ { .entry = entry, .owner = 5, .packets = 12, .bytes = 1300 }, true, 2, 300 },
		{ { .entry = entry, .owner = 6, .packets = 12, .bytes = 1300 }, true, 12, 1300 },
		{ { .entry = entry, .owner = 5, .packets = 14, .bytes = 1500 }, false, 0, 0 },
		{ { .entry = SETS * KIDOS_WAYS, .owner = 5 }, false, 0, 0 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(kidos_reader_spilled(&reader, &cases[i].spill, &rest),
				 cases[i].known);
		if (!cases[i].known)
			continue;
		assert_int_equal(rest.packets, cases[i].packets);
		assert_int_equal(rest.bytes, cases[i].bytes);
	}
	kidos_reader_free(&reader);
}

static const struct kidos_spill *on_their_way;
static size_t spill_count;

static void evicted(void *context)
{
	struct kidos_count rest;

	for (size_t i = 0; i < spill_count; i++)
		if (kidos_reader_spilled(context, &on_their_way[i], &rest))
			gained(NULL, &on_their_way[i].key, &rest);
	spill_count = 0;
}

/* The flow that a scan finds was given its entry while the scan ran: nobody had asked yet. */
static void test_evicted_meanwhile(void **state)
{
	static struct kidos_flow_set sets[SETS];
	struct kidos_meta meta = meta_of(false);
	struct kidos_reader reader;
	struct kidos_flow *flow;

	(void)state;
	assert_int_equal(kidos_reader_init(&reader, &meta, gained, &reader), 0);
	reader.evicted = evicted;
	flow = put(sets, 1, 5, 10, 1000, 0);
	scan(&reader, sets, 10, 1000);
	const uint32_t entry = (uint32_t)(flow - sets[0].ways);
	const struct kidos_spill spills[] = {
		{ .entry = entry, .owner = 5, .packets = 12, .bytes = 1300 },
		{ .entry = entry, .owner = 6, .packets = 4, .bytes = 400 },
		{ .entry = entry, .owner = 7, .packets = 9, .bytes = 900 },
	};
	on_their_way = spills;
	spill_count = 1;
	put(sets, 1, 6, 3, 250, 0);
	scan(&reader, sets, 2 + 3, 300 + 250);
	on_their_way = &spills[1];
	spill_count = 2; /* also the one that the scan has just read */
	put(sets, 1, 7, 8, 800, 0);
	scan(&reader, sets, 1 + 9, 150 + 900);
	put(sets, 1, 8, 1, 100, 0);
	scan(&reader, sets, 1, 100);
	kidos_reader_free(&reader);
}

/* The hash map's: as many as there may be, gone and come again, each tells what it gained. */
static void test_hashed(void **state)
{
	struct kidos_meta meta = meta_of(true);
	struct kidos_flow_baseline flow = {};
	struct kidos_flow_key key;
	struct kidos_reader reader;

	(void)state;
	start(&reader, &meta);
	for (uint32_t round = 1; round <= 1000; round++) {
		kidos_reader_begin(&reader);
		told = (struct kidos_count){};
		for (uint32_t i = 0; i < meta.max_flows; i++) {
			key = key_of(round / 2 + i);
			/* Of each two rounds the second starts with one flow new to it. */
			flow.packets = round % 2 || !i ? 5 : 8;
			flow.bytes = 100 * flow.packets;
			flow.last = reader.now;
			assert_true(kidos_reader_hashed(&reader, &key, &flow));
		}
		for (uint32_t i = 0; i < meta.max_flows; i++) {
			key = key_of(round / 2 + i);
			kidos_reader_forget(&reader, &key);
		}
		assert_int_equal(told.packets, round % 2 ? 80 : 15 * 8 + 5);
	}
	key = key_of(7);
	flow = (struct kidos_flow_baseline){ .packets = 5, .last = reader.now - 5000 };
	assert_false(kidos_reader_hashed(&reader, &key, &flow));
	flow.packets = 9;
	told = (struct kidos_count){};
	kidos_reader_hashed(&reader, &key, &flow);
	assert_int_equal(told.packets, 4);
	kidos_reader_free(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "reader: what an entry gained, by owner", test_deltas, NULL, NULL, NULL },
		{ "reader: a count seen too high is waited for", test_count_seen_too_high, NULL,
		  NULL, NULL },
		{ "reader: an emptied entry is left out", test_emptied, NULL, NULL, NULL },
		{ "reader: what an evicted flow had that no scan saw", test_spilled, NULL, NULL,
		  NULL },
		{ "reader: who was evicted while a scan ran", test_evicted_meanwhile, NULL, NULL,
		  NULL },
		{ "reader: flows of a hash map", test_hashed, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
