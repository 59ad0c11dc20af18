/* SPDX-License-Identifier: MIT */
/* What the scan of a flow table tells of each entry, and the file of names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include "flow_hash.h"
#include "reader.h"
#include "series_names.h"

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
	return (struct kidos_meta){ .seed = { 1, 2, 3, 4, 5 },
				    .set_mask = SETS - 1,
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

/* A flow's entry in the first set it may lie in, way 0. */
static struct kidos_flow *put(struct kidos_flow_set *sets, const struct kidos_meta *meta,
			      uint32_t number, uint32_t owner, uint32_t packets, uint64_t bytes,
			      uint32_t last)
{
	struct kidos_flow_key key = key_of(number);
	__u64 seed[5], hash;
	struct kidos_flow *flow;

	memcpy(seed, meta->seed, sizeof(seed));
	hash = kidos_flow_hash(&key, seed);
	flow = &sets[kidos_flow_choice(hash, 0, meta->set_mask)].ways[0];
	*flow = (struct kidos_flow){ .key = key,
				     .bytes = bytes,
				     .last = last,
				     .state = (uint64_t)packets << 32 | owner << 2 };
	return flow;
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
	assert_int_equal(kidos_reader_init(&reader, &meta, gained, NULL), 0);
	kidos_reader_begin(&reader);
	flow = put(sets, &meta, 1, 1, 5, 500, reader.now);
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
	flow = put(sets, &meta, 1, 2, 7, 70, reader.now - 2000);
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
	assert_int_equal(kidos_reader_init(&reader, &meta, gained, NULL), 0);
	flow = put(sets, &meta, 1, 1, 45, 0, 0);
	scan(&reader, sets, 45, 0);
	flow->state -= 40ull << 32;
	scan(&reader, sets, 0, 0);
	flow->state += 60ull << 32;
	flow->bytes = 6500;
	scan(&reader, sets, 20, 6500);
	kidos_reader_free(&reader);
}

/* A torn key does not hash to its set. */
static void test_torn_key(void **state)
{
	static struct kidos_flow_set sets[SETS];
	struct kidos_meta meta = meta_of(false);
	struct kidos_reader reader;
	unsigned int unseen = 0;

	(void)state;
	meta.set_mask = (1u << 20) - 1;
	assert_int_equal(kidos_reader_init(&reader, &meta, gained, NULL), 0);
	for (uint32_t i = 1; i < 100; i++) {
		sets[0].ways[0] = (struct kidos_flow){ .key = key_of(i),
						       .bytes = 1,
						       .state = 1ull << 32 | i << 2 };
		told.packets = 0;
		kidos_reader_begin(&reader);
		kidos_reader_table(&reader, sets, 1);
		unseen += !told.packets;
	}
	assert_true(unseen >= 98);
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
	assert_int_equal(kidos_reader_init(&reader, &meta, gained, NULL), 0);
	flow = put(sets, &meta, 1, 5, 10, 1000, 0);
	entry = (uint32_t)(flow - sets[0].ways);
	scan(&reader, sets, 10, 1000);
	const struct {
		struct kidos_spill spill;
		bool known;
		uint64_t packets, bytes;
	} cases[] = {
		{ { .entry = entry, .owner = 5, .packets = 12, .bytes = 1300 }, true, 2, 300 },
		{ { .entry = entry, .owner = 6, .packets = 12, .bytes = 1300 }, true, 12, 1300 },
		{ { .entry = entry, .owner = 4, .packets = 12, .bytes = 1300 }, false, 0, 0 },
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

/* The hash map's: as many as there may be, gone and come again, each tells what it gained. */
static void test_hashed(void **state)
{
	struct kidos_meta meta = meta_of(true);
	struct kidos_flow_baseline flow = {};
	struct kidos_flow_key key;
	struct kidos_reader reader;

	(void)state;
	assert_int_equal(kidos_reader_init(&reader, &meta, gained, NULL), 0);
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

static char folder[] = "/tmp/kidos-names-XXXXXX", file[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/kidos-names-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/" KIDOS_NAMES_FILE, folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(folder);
}

static void write_file(const char *text, mode_t mode)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(file, mode), 0);
}

static void test_names_survive(void **state)
{
	struct kidos_names names, read;
	size_t freed;

	(void)state;
	assert_int_equal(kidos_names_init(&names, 3), 0);
	assert_int_equal(kidos_names_load(&names, folder, 100), 0); /* no file yet */
	assert_int_equal(kidos_names_take(&names, "ns:eth0", "flow_a", 100, &freed), 0);
	assert_int_equal(kidos_names_take(&names, "a b\n\\", "flow_b", 200, &freed), 1);
	assert_true(names.changed);
	assert_int_equal(kidos_names_save(&names, folder), 0);
	assert_false(names.changed);
	assert_int_equal(kidos_names_init(&read, 3), 0);
	assert_int_equal(kidos_names_load(&read, folder, 150), 0);
	assert_int_equal(read.count, 2);
	assert_int_equal(read.items[0].seen, 150); /* not from the future */
	assert_int_equal(kidos_names_take(&read, "a b\n\\", "flow_b", 300, &freed), 0);
	assert_int_equal(kidos_names_take(&read, "ns:eth0", "flow_a", 300, &freed), 1);
	assert_int_equal(read.count, 2);
	kidos_names_free(&read);
	assert_int_equal(kidos_names_init(&read, 1), 0);
	assert_int_equal(kidos_names_load(&read, folder, 150), 0);
	assert_int_equal(read.count, 1);
	assert_string_equal(read.items[0].text + strlen("flow_b "), "a b\\x0a\\x5c");
	kidos_names_free(&read);
	kidos_names_free(&names);
}

static void test_file_of_others(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		int error;
		size_t count;
	} cases[] = {
		{ "5 flow_a eth0\n", 0640, 0, 1 },
		{ "5 flow_a eth0\n", 0660, -EPERM, 0 },
		{ "5 flow_a eth0\n", 0602, -EPERM, 0 },
		{ "flow_a eth0\n5\n5 flow_a\n5 ../../x eth0\n5 flow_a eth0\033\n-\n\n", 0640, 0,
		  0 },
		{ "5 flow_a eth0\n5 flow_a eth0\n6 flow_b eth0", 0640, 0, 2 },
	};
	struct kidos_names names;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].text, cases[i].mode);
		assert_int_equal(kidos_names_init(&names, 9), 0);
		assert_int_equal(kidos_names_load(&names, folder, 100), cases[i].error);
		assert_int_equal(names.count, cases[i].count);
		kidos_names_free(&names);
	}
	unlink(file);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_int_equal(kidos_names_init(&names, 9), 0);
	assert_int_equal(kidos_names_load(&names, folder, 100), -EPERM);
	assert_int_equal(kidos_names_save(&names, "/nonexistent"), -ENOENT);
	kidos_names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "reader: what an entry gained, by owner", test_deltas, NULL, NULL, NULL },
		{ "reader: a count seen too high is waited for", test_count_seen_too_high, NULL,
		  NULL, NULL },
		{ "reader: a torn key is left out", test_torn_key, NULL, NULL, NULL },
		{ "reader: what an evicted flow had that no scan saw", test_spilled, NULL, NULL,
		  NULL },
		{ "reader: flows of a hash map", test_hashed, NULL, NULL, NULL },
		{ "series names: they survive a restart", test_names_survive, make_folder,
		  remove_folder, NULL },
		{ "series names: other people's files and lines", test_file_of_others, make_folder,
		  remove_folder, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
