/* SPDX-License-Identifier: MIT */
/* Drops into series: four partitions of one total; names of places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drops/tally.h"
#include "flows/series.h"
#include "drops/symbols.h"

static uint64_t sum_part(const struct kidos_drop_part *part)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < part->count; i++)
		sum += part->series[i].packets;
	return sum;
}

static void assert_sums(const struct kidos_drop_tally *tally, uint64_t total)
{
	for (unsigned int part = 0; part < KIDOS_DROP_PARTS; part++)
		assert_int_equal(sum_part(&tally->parts[part]), total);
}

/* Of the series of this name in a partition. */
static uint64_t packets_of(const struct kidos_drop_tally *tally, unsigned int part,
			   const char *name)
{
	const struct kidos_drop_part *series = &tally->parts[part];

	for (size_t i = 0; i < series->count; i++)
		if (!strcmp(series->series[i].name, name))
			return series->series[i].packets;
	fail_msg("no series %s", name);
	return 0;
}

static void emitted(struct kidos_drop_tally *tally)
{
	for (int poll = 0; poll < KIDOS_SERIES_ZEROS; poll++)
		kidos_drop_tally_emitted(tally);
}

/* Makes the series, and adds once they are no longer new. */
static void add(struct kidos_drop_tally *tally, const struct kidos_drop_kind *kind,
		uint64_t packets)
{
	if (kidos_drop_tally_add(tally, kind, packets))
		return;
	emitted(tally);
	assert_true(kidos_drop_tally_add(tally, kind, packets));
}

/* A drop waits for the younger of its series, in all partitions. */
static void test_new_series_are_sent_as_0(void **state)
{
	const struct kidos_drop_kind first = { { "NO_SOCKET", "udp", "udp", "b0" }, false };
	const struct kidos_drop_kind second = { { "NO_SOCKET", "tcp", "tcp", "b0" }, false };
	const struct kidos_drop_kind other = { { NULL, NULL, "arp", NULL }, false };
	struct kidos_drop_tally tally;

	(void)state;
	assert_int_equal(kidos_drop_tally_init(&tally), 0);
	for (int poll = 0; poll < KIDOS_SERIES_ZEROS; poll++) {
		assert_false(kidos_drop_tally_add(&tally, &first, 5));
		assert_false(kidos_drop_tally_add(&tally, &other, 5));
		assert_sums(&tally, 0);
		kidos_drop_tally_emitted(&tally);
	}
	assert_true(kidos_drop_tally_add(&tally, &first, 5));
	assert_true(kidos_drop_tally_add(&tally, &other, 1));
	assert_sums(&tally, 6);
	assert_false(kidos_drop_tally_add(&tally, &second, 7));
	assert_true(kidos_drop_tally_add(&tally, &first, 1));
	assert_sums(&tally, 7);
	emitted(&tally);
	assert_true(kidos_drop_tally_add(&tally, &second, 7));
	assert_sums(&tally, 14);
	kidos_drop_tally_free(&tally);
}

static void test_partitions_have_one_sum(void **state)
{
	const struct kidos_drop_kind kinds[] = {
		{ { "NO_SOCKET", "__udp4_lib_rcv", "udp", "ns:b0" }, false },
		{ { "NETFILTER_DROP", "nf_hook_slow", "tcp", "none" }, false },
		{ { "NO_SOCKET", "tcp_v4_rcv", "tcp", "ns:b0" }, true },
		{ { NULL, NULL, "other", NULL }, false },
	};
	struct kidos_drop_tally tally;
	uint64_t total = 0;

	(void)state;
	assert_int_equal(kidos_drop_tally_init(&tally), 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		add(&tally, &kinds[i], i + 1);
		total += i + 1;
		assert_sums(&tally, total);
	}
	assert_int_equal(tally.parts[KIDOS_DROP_REASON].count, 4);
	for (unsigned int part = 0; part < KIDOS_DROP_PARTS; part++) {
		assert_int_equal(packets_of(&tally, part, "benign"), 3);
		assert_int_equal(packets_of(&tally, part, "other"), 4);
	}
	assert_int_equal(packets_of(&tally, KIDOS_DROP_INTERFACE, "ns:b0"), 1);
	assert_int_equal(packets_of(&tally, KIDOS_DROP_INTERFACE, "none"), 2);
	assert_int_equal(packets_of(&tally, KIDOS_DROP_CLASS, "tcp"), 2);
	kidos_drop_tally_free(&tally);
}

static void test_names_are_bounded(void **state)
{
	struct kidos_drop_tally tally;
	char name[KIDOS_DROP_NAME];

	(void)state;
	assert_int_equal(kidos_drop_tally_init(&tally), 0);
	for (int i = 0; i < 3 * KIDOS_DROP_SERIES; i++) {
		struct kidos_drop_kind kind = { { name, name, "udp", name }, false };

		snprintf(name, sizeof(name), "name_%d", i);
		add(&tally, &kind, 1);
	}
	assert_int_equal(tally.parts[KIDOS_DROP_REASON].count, KIDOS_DROP_SERIES);
	assert_int_equal(tally.parts[KIDOS_DROP_INTERFACE].count, KIDOS_DROP_SERIES);
	assert_int_equal(tally.parts[KIDOS_DROP_CLASS].count, KIDOS_CLASSES + 1);
	assert_sums(&tally, 3 * KIDOS_DROP_SERIES);
	kidos_drop_tally_free(&tally);
}

/* Every series is at least what it was in `before`; then before is what it is. */
static void assert_forwards(const struct kidos_drop_tally *tally, struct kidos_drop_part *before)
{
	for (unsigned int part = 0; part < KIDOS_DROP_PARTS; part++) {
		for (size_t i = 0; i < before[part].count; i++) {
			assert_string_equal(tally->parts[part].series[i].name,
					    before[part].series[i].name);
			assert_true(tally->parts[part].series[i].packets >=
				    before[part].series[i].packets);
		}
		before[part] = tally->parts[part];
	}
}

/*
 * A counter whose interface comes, goes and comes back under another name, and then has the name of
 * one that went: what it gains is the present name's, and no series loses what it had.
 */
static void test_interfaces_come_and_go(void **state)
{
	static const char *const names[] = { "a", NULL, "b", "a", NULL, "b", "b", "a" };
	static struct kidos_drop_part before[KIDOS_DROP_PARTS];
	struct kidos_drop_tally tally;
	uint64_t sent = 0, count = 0;

	(void)state;
	assert_int_equal(kidos_drop_tally_init(&tally), 0);
	for (unsigned int poll = 0; poll < 64; poll++) {
		struct kidos_drop_kind kind = { { "NO_SOCKET", "udp", "udp", names[poll / 8] } };

		count += poll + 1;
		if (kidos_drop_tally_add(&tally, &kind, count - sent))
			sent = count;
		assert_sums(&tally, sent);
		assert_forwards(&tally, before);
		kidos_drop_tally_emitted(&tally);
	}
	assert_int_equal(sent, 64 * 65 / 2);
	/* Polls 1 to 8, 25 to 32 and 57 to 64; other: 9 to 16 and 33 to 40; b: new at poll 17. */
	assert_int_equal(packets_of(&tally, KIDOS_DROP_INTERFACE, "a"), 36 + 228 + 484);
	assert_int_equal(packets_of(&tally, KIDOS_DROP_INTERFACE, "other"), 100 + 292);
	assert_int_equal(packets_of(&tally, KIDOS_DROP_INTERFACE, "b"), 164 + 356 + 420);
	kidos_drop_tally_free(&tally);
}

/* It goes before its series counts: what is pending is other's, at once. */
static void test_interface_goes_while_new(void **state)
{
	struct kidos_drop_kind kind = { { "NO_SOCKET", "udp", "udp", NULL } };
	struct kidos_drop_tally tally;

	(void)state;
	assert_int_equal(kidos_drop_tally_init(&tally), 0);
	add(&tally, &kind, 1);
	kind.names[KIDOS_DROP_INTERFACE] = "late";
	assert_false(kidos_drop_tally_add(&tally, &kind, 5));
	kidos_drop_tally_emitted(&tally);
	assert_false(kidos_drop_tally_add(&tally, &kind, 5));
	kind.names[KIDOS_DROP_INTERFACE] = NULL;
	assert_true(kidos_drop_tally_add(&tally, &kind, 6));
	assert_sums(&tally, 7);
	assert_int_equal(packets_of(&tally, KIDOS_DROP_INTERFACE, "late"), 0);
	kidos_drop_tally_free(&tally);
}

static void test_every_key_is_known_again(void **state)
{
	struct kidos_drop_tally tally;
	struct kidos_drop_key key = { .place = 0xffffffff81000000u };

	(void)state;
	assert_int_equal(kidos_drop_tally_init(&tally), 0);
	for (unsigned int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < KIDOS_DROP_KEYS; i++) {
			struct kidos_drop_last *last;

			key.ifindex = i;
			last = kidos_drop_tally_last(&tally, &key);
			assert_non_null(last);
			assert_int_equal(last->seen, round * (i + 1));
			last->seen += i + 1;
		}
	kidos_drop_tally_free(&tally);
}

/* Half of the keys go to one: the others stay found, and the sum of what was sent is the same. */
static void test_keys_move_to_one(void **state)
{
	const struct kidos_drop_key gone = { .place = 1, .ifindex = KIDOS_IFINDEX_GONE };
	struct kidos_drop_key key = { .place = 1 };
	struct kidos_drop_tally tally;
	struct kidos_drop_last *last;

	(void)state;
	assert_int_equal(kidos_drop_tally_init(&tally), 0);
	for (uint32_t i = 1; i <= KIDOS_DROP_KEYS; i++) {
		key.ifindex = i;
		last = kidos_drop_tally_last(&tally, &key);
		last->seen = 2;
		last->sent = 1;
	}
	for (uint32_t i = 1; i <= KIDOS_DROP_KEYS; i += 2) {
		key.ifindex = i;
		kidos_drop_tally_move(&tally, &key, &gone);
	}
	for (uint32_t i = 1; i <= KIDOS_DROP_KEYS; i++) {
		key.ifindex = i;
		assert_int_equal(kidos_drop_tally_last(&tally, &key)->seen, i % 2 ? 0 : 2);
	}
	assert_int_equal(kidos_drop_tally_last(&tally, &gone)->seen, KIDOS_DROP_KEYS);
	assert_int_equal(kidos_drop_tally_last(&tally, &gone)->sent, KIDOS_DROP_KEYS / 2);
	kidos_drop_tally_free(&tally);
}

static struct kidos_symbols *symbols_of(const char *text)
{
	char path[] = "/tmp/kidos-symbols-XXXXXX";
	int fd = mkstemp(path);
	struct kidos_symbols *symbols;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	symbols = kidos_symbols_load(path);
	unlink(path);
	return symbols;
}

static void test_symbols(void **state)
{
	static const struct {
		uint64_t address;
		const char *name;
		uint64_t offset;
	} cases[] = {
		{ 0xffffffff81001010, "first", 0x10 },
		{ 0xffffffff81002000, "first", 0x1000 }, /* a call at its very end */
		{ 0xffffffff81002001, "second", 1 },
		{ 0xffffffffc0000100, "in_module", 0x100 },
		{ 0xffffffffc0900000, "unknown", 0 }, /* behind the last module */
		{ 0x1000, "unknown", 0 },
		{ 0, "unknown", 0 },
	};
	struct kidos_symbols *symbols = symbols_of("ffffffffc0000000 t in_module\t[some]\n"
						   "ffffffff81002000 T second\n"
						   "ffffffff81001800 d data\n"
						   "ffffffff81001000 t first\n");
	char text[KIDOS_SYMBOL];
	uint64_t offset;

	(void)state;
	assert_non_null(symbols);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(kidos_symbol_name(symbols, cases[i].address, &offset, text),
				    cases[i].name);
		assert_int_equal(offset, cases[i].offset);
	}
	kidos_symbols_free(symbols);
}

static void test_hidden_symbols(void **state)
{
	char text[KIDOS_SYMBOL];

	(void)state;
	assert_null(symbols_of("0000000000000000 T first\n0000000000000000 T second\n"));
	assert_string_equal(kidos_symbol_name(NULL, 0xffffffff81001010, NULL, text), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_series_are_sent_as_0),
		cmocka_unit_test(test_partitions_have_one_sum),
		cmocka_unit_test(test_names_are_bounded),
		cmocka_unit_test(test_interfaces_come_and_go),
		cmocka_unit_test(test_interface_goes_while_new),
		cmocka_unit_test(test_every_key_is_known_again),
		cmocka_unit_test(test_keys_move_to_one),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_hidden_symbols),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("drop_tally", tests, NULL, NULL);
}
