/* SPDX-License-Identifier: MIT */
/* Lists of drops: records read whole or not at all, filters, moments, tallies, texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "drops/ctl.h"
#include "drops/view.h"
#include "core/tally.h"
#include "core/when.h"

#define SECOND 1000000000ull
#define NOW (1800000000 * SECOND)

static union kidos_address address(const char *text)
{
	struct kidos_prefix prefix;

	assert_true(kidos_prefix_parse(text, &prefix));
	return prefix.address;
}

/* A TCP drop of nginx. */
static struct kidos_drop_record tcp_record(void)
{
	return (struct kidos_drop_record){
		.sequence = 7,
		.sequence_end = 7,
		.time = 5 * SECOND,
		.src = address("203.0.113.9"),
		.dst = address("192.0.2.1"),
		.sport = 40000,
		.dport = 22,
		.ethertype = 0x0800,
		.protocol = 6,
		.class = KIDOS_CLASS_TCP,
		.family = 4,
		.owner = KIDOS_OWNER_SOCKET,
		.tgid = 123,
		.comm = "nginx",
		.length = 60,
	};
}

static struct kidos_drop_record arp_record(void)
{
	return (struct kidos_drop_record){
		.sequence = 1,
		.sequence_end = 1,
		.ethertype = 0x0806,
		.class = KIDOS_CLASS_ARP,
		.owner = KIDOS_OWNER_BYSTANDER,
		.tgid = 123,
		.comm = "nginx",
	};
}

static void test_read(void **state)
{
	static const struct {
		uint64_t begin, end;
		uint8_t class, owner;
		bool whole;
	} cases[] = {
		{ 7, 7, KIDOS_CLASS_TCP, KIDOS_OWNER_SOCKET, true },
		{ 0, 0, KIDOS_CLASS_TCP, KIDOS_OWNER_SOCKET, false },
		{ 0, 7, KIDOS_CLASS_TCP, KIDOS_OWNER_SOCKET, false },
		{ 8, 7, KIDOS_CLASS_TCP, KIDOS_OWNER_SOCKET, false },
		{ 8, 0, KIDOS_CLASS_TCP, KIDOS_OWNER_SOCKET, false },
		{ 7, 7, KIDOS_CLASSES, KIDOS_OWNER_SOCKET, false },
		{ 7, 7, KIDOS_CLASS_TCP, KIDOS_OWNERS, false },
	};
	struct kidos_drop_view view;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kidos_drop_record record = tcp_record();

		record.sequence = cases[i].begin;
		record.sequence_end = cases[i].end;
		record.class = cases[i].class;
		record.owner = cases[i].owner;
		assert_int_equal(kidos_drop_read(&record, 3, &view), cases[i].whole);
		if (cases[i].whole)
			assert_int_equal(view.time_ns, 5 * SECOND + 3);
	}
}

static struct shared {
	struct kidos_drop_record record;
	atomic_bool stop;
} shared;

/* As the programs do: 0 first, then everything that follows from the sequence, which comes last. */
static void *write_records(void *context)
{
	(void)context;
	for (uint64_t n = 1; !atomic_load(&shared.stop); n++) {
		struct kidos_drop_record next = {
			.sequence_end = n, .time = n, .place = n, .cgroup = n, .length = (uint32_t)n
		};

		__atomic_store_n(&shared.record.sequence, 0, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		memcpy((char *)&shared.record + 8, (char *)&next + 8, sizeof(next) - 8);
		__atomic_store_n(&shared.record.sequence, n, __ATOMIC_RELEASE);
		/* Time for a reader, which else finds every record half written. */
		for (volatile int pause = 0; pause < 100; pause++)
			;
	}
	return NULL;
}

static void test_torn(void **state)
{
	struct kidos_drop_view view;
	pthread_t writer;
	unsigned int whole = 0;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_records, NULL), 0);
	for (int i = 0; i < 300000 || (whole < 1000 && i < 30000000); i++) {
		if (!kidos_drop_read(&shared.record, 0, &view))
			continue;
		whole++;
		assert_int_equal(view.record.time, view.record.sequence_end);
		assert_int_equal(view.record.place, view.record.sequence_end);
		assert_int_equal(view.record.cgroup, view.record.sequence_end);
		assert_int_equal(view.record.length, (uint32_t)view.record.sequence_end);
	}
	atomic_store(&shared.stop, true);
	pthread_join(writer, NULL);
	print_message("# %u records read whole\n", whole);
	assert_true(whole >= 1000);
}

/* What an option says, through the table that the program uses. */
static bool set(struct ctl_drop_settings *settings, const char *name, const char *value)
{
	for (const struct ctl_option *option = ctl_drop_options; option->name; option++)
		if (!strcmp(option->name, name))
			return option->set((char *)settings + option->field, value);
	fail_msg("no option %s", name);
	return false;
}

static bool matches(struct ctl_drop_settings *settings, const struct kidos_drop_record *record)
{
	struct kidos_drop_view view = { .record = *record, .time_ns = NOW };

	return kidos_drop_matches(&settings->filter, &view);
}

static void test_filter(void **state)
{
	static const struct {
		const char *option, *value;
		bool tcp, arp; /* does it match them? */
		bool records; /* do counts know too little? */
	} cases[] = {
		{ "proto", "tcp", true, false, false },
		{ "proto", "6", true, false, false },
		{ "proto", "ARP", false, true, false },
		{ "proto", "other", false, false, false },
		{ "proto", "ospf", false, false, true },
		{ "proto", "0", false, false, true }, /* hop-by-hop, and no five-tuple */
		{ "host", "203.0.113.9", true, false, true },
		{ "host", "203.0.113.8", false, false, true },
		{ "prefix", "0.0.0.0/0", true, false, true },
		{ "prefix", "::/0", false, false, true },
		{ "port", "22", true, false, true },
		{ "port", "23", false, false, true },
		{ "src", "203.0.113.9", true, false, true },
		{ "src", "192.0.2.1", false, false, true },
		{ "dst", "192.0.2.0/24", true, false, true },
		{ "dst", "0.0.0.0/0", true, false, true }, /* ARP has no five-tuple */
		{ "dport", "22", true, false, true },
		{ "sport", "22", false, false, true },
		{ "pid", "123", true, false, true }, /* a bystander is no owner */
		{ "pid", "124", false, false, true },
		{ "since", "1800000000", true, true, true },
		{ "since", "2027-01-15T08:00:01Z", false, false, true },
	};
	struct kidos_drop_record tcp = tcp_record(), arp = arp_record();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_drop_settings settings = ctl_drop_defaults;

		print_message("# --%s %s\n", cases[i].option, cases[i].value);
		assert_true(set(&settings, cases[i].option, cases[i].value));
		assert_int_equal(matches(&settings, &tcp), cases[i].tcp);
		assert_int_equal(matches(&settings, &arp), cases[i].arp);
		assert_int_equal(kidos_drop_filter_needs_records(&settings.filter),
				 cases[i].records);
	}
}

static void test_wrong_values(void **state)
{
	static const struct {
		const char *option, *value;
	} cases[] = {
		{ "by", "none" },  { "by", "" },      { "by", "reasons" },      { "reason", "" },
		{ "place", "" },   { "proto", "tc" }, { "pid", "0" },           { "pid", "-1" },
		{ "pid", "init" }, { "since", "" },   { "since", "yesterday" }, { "limit", "-1" },
		{ "port", "0" },   { "watch", "0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_drop_settings settings = ctl_drop_defaults;

		print_message("# --%s \"%s\"\n", cases[i].option, cases[i].value);
		assert_false(set(&settings, cases[i].option, cases[i].value));
	}
}

static void test_when(void **state)
{
	static const struct {
		const char *text;
		uint64_t when; /* 0: refused */
	} cases[] = {
		{ "90s", NOW - 90 * SECOND },
		{ "15m", NOW - 900 * SECOND },
		{ "2h", NOW - 7200 * SECOND },
		{ "3d", NOW - 3 * 86400 * SECOND },
		{ "1700000000", 1700000000 * SECOND },
		{ "2023-11-14T22:13:20Z", 1700000000 * SECOND },
		{ "2023-11-14t22:13:20z", 0 }, /* the T is a capital here */
		{ "2023-11-14T22:13:20.25Z", 1700000000 * SECOND + SECOND / 4 },
		{ "2023-11-15T00:13:20+02:00", 1700000000 * SECOND },
		{ "2023-11-14T21:43:20-00:30", 1700000000 * SECOND },
		{ "2023-11-14T22:13:20.1234567891Z", 1700000000 * SECOND + 123456789 },
		{ "2023-11-14T22:13:20", 0 },
		{ "2023-11-14T22:13:20.Z", 0 },
		{ "2023-11-14T22:13:20+2:00", 0 },
		{ "2023-11-14T22:13:20+0200", 0 },
		{ "2023-11-14T22:13:20Zx", 0 },
		{ "2023-02-31T00:00:00Z", 0 },
		{ "1960-01-01T00:00:00Z", 0 },
		{ "90x", 0 },
		{ "90sm", 0 },
		{ "s", 0 },
		{ "", 0 },
		{ "-5s", 0 },
		{ "99999999999999999999s", 0 },
		{ "999999999999999999", 0 },
		{ "999999d", 0 }, /* before 1970 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t when = 0;

		print_message("# %s\n", cases[i].text);
		assert_int_equal(kidos_when_parse(cases[i].text, NOW, &when), cases[i].when != 0);
		if (cases[i].when)
			assert_int_equal(when, cases[i].when);
	}
}

static void test_tally(void **state)
{
	enum { TEXTS = 5000 };
	struct kidos_tally tally = {};
	char text[16];
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(kidos_tally_get(&tally, "7"), 0);
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < TEXTS; i++) {
			snprintf(text, sizeof(text), "%u", i);
			assert_true(kidos_tally_add(&tally, text, i % 100));
		}
	assert_int_equal(tally.count, TEXTS);
	assert_int_equal(kidos_tally_get(&tally, "4999"), 2 * 99);
	assert_int_equal(kidos_tally_get(&tally, "5000"), 0);
	kidos_tally_sort(&tally);
	for (size_t i = 0; i < TEXTS; i++) {
		sum += tally.rows[i].count;
		assert_true(!i || tally.rows[i - 1].count > tally.rows[i].count ||
			    (tally.rows[i - 1].count == tally.rows[i].count &&
			     strcmp(tally.rows[i - 1].text, tally.rows[i].text) < 0));
	}
	assert_int_equal(sum, 2ull * TEXTS / 100 * (99 * 100 / 2));
	kidos_tally_free(&tally);
}

static void test_texts(void **state)
{
	struct kidos_drop_record tcp = tcp_record(), arp = arp_record();
	char end[KIDOS_TEXT_END], owner[KIDOS_TEXT_OWNER], protocol[KIDOS_TEXT_PROTOCOL];

	(void)state;
	kidos_drop_source(&tcp, end);
	assert_string_equal(end, "203.0.113.9:40000");
	kidos_drop_owner(&tcp, owner);
	assert_string_equal(owner, "nginx[123]");
	kidos_drop_destination(&arp, end);
	assert_string_equal(end, "-");
	kidos_drop_owner(&arp, owner);
	assert_string_equal(owner, "(nginx[123])");
	kidos_drop_protocol(&arp, protocol);
	assert_string_equal(protocol, "arp");
	arp.class = KIDOS_CLASS_OTHER;
	arp.ethertype = 0x88cc;
	kidos_drop_protocol(&arp, protocol);
	assert_string_equal(protocol, "ethertype 0x88cc");
	tcp.src = address("2001:db8::1");
	tcp.family = 6;
	kidos_drop_source(&tcp, end);
	assert_string_equal(end, "[2001:db8::1]:40000");
	tcp.owner = KIDOS_OWNER_USER;
	tcp.uid = 33;
	tcp.cgroup = 17;
	kidos_drop_owner(&tcp, owner);
	assert_string_equal(owner, "uid 33, cgroup 17");
}

/* Sixteen bytes without an end, none of which belongs on a terminal. */
static void test_hostile_command(void **state)
{
	static const char comm[KIDOS_COMM] = { '\033', '[', '2',  'J',  '\n',   '"', '\\', '\xff',
					       '\xc3', '(', '\r', '\t', '\x7f', '/', 'a',  '\b' };
	struct kidos_drop_record record = tcp_record();
	char owner[KIDOS_TEXT_OWNER];

	(void)state;
	memcpy(record.comm, comm, sizeof(comm));
	record.tgid = UINT32_MAX;
	kidos_drop_owner(&record, owner);
	assert_string_equal(owner,
			    "\\x1b[2J\\x0a\"\\x5c\\xff\\xc3(\\x0d\\x09\\x7f/a\\x08[4294967295]");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "drop list: a record is read whole or not at all", test_read, NULL, NULL, NULL },
		{ "drop list: no record is read torn", test_torn, NULL, NULL, NULL },
		{ "drop list: filters", test_filter, NULL, NULL, NULL },
		{ "drop list: wrong values", test_wrong_values, NULL, NULL, NULL },
		{ "drop list: moments", test_when, NULL, NULL, NULL },
		{ "drop list: tallies", test_tally, NULL, NULL, NULL },
		{ "drop list: texts", test_texts, NULL, NULL, NULL },
		{ "drop list: a hostile command", test_hostile_command, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("drop list", tests, NULL, NULL) != 0;
}
