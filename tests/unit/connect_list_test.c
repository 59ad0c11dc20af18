/* SPDX-License-Identifier: MIT */
/* Lists of connections: filters, words of the command line, texts that are safe to print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "connects/ctl_scan.h"
#include "connects/ctl_sum.h"
#include "connects/view.h"

#define SECOND 1000000000ull

static union kidos_address address(const char *text)
{
	struct kidos_prefix prefix;

	assert_true(kidos_prefix_parse(text, &prefix));
	return prefix.address;
}

static struct kidos_connect_record tcp_record(void)
{
	return (struct kidos_connect_record){
		.sequence = 1,
		.sequence_end = 1,
		.time = 5 * SECOND,
		.latency = 1500000,
		.count = 1,
		.owner = { .comm = "curl", .cgroup = 99 },
		.tgid = 123,
		.tgid_initial = 4123,
		.protocol = 6,
		.family = AF_INET,
		.type = SOCK_STREAM,
		.kind = KIDOS_CONNECT_CONNECT,
		.outcome = KIDOS_CONNECT_FAILED,
		.error = ECONNREFUSED,
		.src = address("192.0.2.1"),
		.dst = address("203.0.113.9"),
		.sport = 40000,
		.dport = 443,
	};
}

static struct kidos_connect_record unix_record(const char *path, size_t length)
{
	struct kidos_connect_record record = tcp_record();

	record.family = AF_UNIX;
	record.protocol = 0;
	memset(&record.src, 0, 112);
	record.path_length = (__u8)length;
	memcpy(record.path, path, length);
	return record;
}

static struct kidos_connect_view view_of(struct kidos_connect_record record,
					 struct kidos_privacy privacy)
{
	struct kidos_connect_view view;

	kidos_connect_view_of(&record, 0, &privacy, &view);
	return view;
}

static const struct kidos_privacy open_to_all;

enum word { DEST, OUTCOME, PROTO, TYPE, KIND };

static bool parse(enum word word, const char *text, struct kidos_connect_filter *filter)
{
	*filter = (struct kidos_connect_filter)KIDOS_CONNECT_FILTER_ALL;
	switch (word) {
	case DEST:
		return kidos_connect_filter_dest(text, &filter->dest);
	case OUTCOME:
		return kidos_connect_filter_outcome(text, filter);
	case PROTO:
		return kidos_connect_filter_proto(text, filter);
	case TYPE:
		return kidos_connect_filter_type(text, filter);
	default:
		return kidos_connect_filter_kind(text, filter);
	}
}

static void test_words(void **state)
{
	static const struct {
		enum word word;
		const char *text;
		bool tcp, path; /* selects the record of TCP, of a Unix socket */
	} cases[] = {
		{ DEST, "203.0.113.9", true, false },
		{ DEST, "203.0.113.0/24", true, false },
		{ DEST, "203.0.113.9:443", true, false },
		{ DEST, ":443", true, false },
		{ DEST, ":80", false, false },
		{ DEST, "203.0.113.8", false, false },
		{ DEST, "2001:db8::1", false, false },
		{ DEST, "[2001:db8::1]:443", false, false },
		{ DEST, "::/0", false, false },
		{ DEST, "/run/x", false, true },
		{ DEST, "/run/y", false, false },
		{ OUTCOME, "refused", true, true },
		{ OUTCOME, "ECONNREFUSED", true, true },
		{ OUTCOME, "econnrefused", true, true },
		{ OUTCOME, "failed", true, true },
		{ OUTCOME, "ok", false, false },
		{ OUTCOME, "abandoned", false, false },
		{ OUTCOME, "unreachable", false, false },
		{ PROTO, "tcp", true, false },
		{ PROTO, "unix", false, true },
		{ PROTO, "262", false, false },
		{ PROTO, "mptcp", false, false },
		{ PROTO, "17", false, false },
		{ TYPE, "stream", true, true },
		{ TYPE, "dgram", false, false },
		{ KIND, "connect", true, true },
		{ KIND, "close", false, false },
	};
	const struct kidos_connect_view tcp = view_of(tcp_record(), open_to_all);
	const struct kidos_connect_view path = view_of(unix_record("/run/x", 6), open_to_all);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kidos_connect_filter filter;

		print_message("# %s\n", cases[i].text);
		assert_true(parse(cases[i].word, cases[i].text, &filter));
		assert_int_equal(kidos_connect_matches(&filter, &tcp), cases[i].tcp);
		assert_int_equal(kidos_connect_matches(&filter, &path), cases[i].path);
	}
}

static void test_wrong_words(void **state)
{
	static const struct {
		enum word word;
		const char *text;
	} cases[] = {
		{ DEST, "" },           { DEST, "nowhere" },   { DEST, "10.0.0.0/33" },
		{ DEST, "10.0.0.1:0" }, { DEST, "10.0.0.1:" }, { DEST, "10.0.0.1:65536" },
		{ DEST, "[::1" },       { OUTCOME, "" },       { OUTCOME, "ENOTHING" },
		{ PROTO, "65536" },     { PROTO, "quic" },     { TYPE, "file" },
		{ KIND, "listen" },
	};
	struct kidos_connect_filter filter;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].text);
		assert_false(parse(cases[i].word, cases[i].text, &filter));
	}
}

static void test_process(void **state)
{
	struct kidos_connect_filter filter = KIDOS_CONNECT_FILTER_ALL;
	struct kidos_connect_record record = tcp_record();
	struct kidos_connect_view view = view_of(record, open_to_all);

	(void)state;
	filter.pid = 123;
	assert_true(kidos_connect_matches(&filter, &view));
	filter.pid = 4123; /* the daemon has a number of its own for it */
	assert_false(kidos_connect_matches(&filter, &view));
	record.tgid = 0;
	view = view_of(record, open_to_all);
	assert_true(kidos_connect_matches(&filter, &view));
	filter.pid = 0;
	filter.command = "curl";
	assert_true(kidos_connect_matches(&filter, &view));
	filter.command = "cur";
	assert_false(kidos_connect_matches(&filter, &view));
	memcpy(record.owner.comm, "a\n\"", 4);
	view = view_of(record, open_to_all);
	filter.command = "a\\x0a\"";
	assert_true(kidos_connect_matches(&filter, &view));
	filter.command = "a\\x0a\\x22";
	assert_true(kidos_connect_matches(&filter, &view));
	filter.command = "a\n\"";
	assert_true(kidos_connect_matches(&filter, &view));
}

static void test_time(void **state)
{
	struct kidos_connect_filter filter = KIDOS_CONNECT_FILTER_ALL;
	const struct kidos_connect_view view = view_of(tcp_record(), open_to_all);

	(void)state;
	filter.since_ns = 5 * SECOND;
	filter.until_ns = 5 * SECOND;
	assert_true(kidos_connect_matches(&filter, &view));
	filter.since_ns++;
	assert_false(kidos_connect_matches(&filter, &view));
	filter.since_ns = 0;
	filter.until_ns--;
	assert_false(kidos_connect_matches(&filter, &view));
}

/* What is hidden is hidden from filters too. */
static void test_privacy(void **state)
{
	const struct kidos_privacy privacy = { .hidden_v4 = 8, .hide_commands = 1 };
	const struct kidos_connect_view view = view_of(tcp_record(), privacy);
	struct kidos_connect_filter filter;
	char text[KIDOS_TEXT_ENDPOINT], command[KIDOS_CONNECT_COMMAND];

	(void)state;
	kidos_connect_destination(&view.record, text);
	assert_string_equal(text, "203.0.113.0:443");
	kidos_connect_source(&view.record, text);
	assert_string_equal(text, "192.0.2.0:40000");
	kidos_connect_shown_command(&view.record.owner, command);
	assert_string_equal(command, "-");
	assert_true(parse(DEST, "203.0.113.9", &filter));
	assert_false(kidos_connect_matches(&filter, &view));
	assert_true(parse(DEST, "203.0.113.0/24", &filter));
	assert_true(kidos_connect_matches(&filter, &view));
	filter.command = "";
	assert_false(kidos_connect_matches(&filter, &view));
}

static void test_paths(void **state)
{
	static const char longest[KIDOS_CONNECT_PATH] = { [0 ... KIDOS_CONNECT_PATH - 1] = '\xff' };
	static const struct {
		const char *path;
		size_t length;
		const char *text;
	} cases[] = {
		{ "/run/x", 6, "/run/x" },
		{ "\0abstract", 9, "@abstract" },
		{ "\0a\0b", 4, "@a@b" },
		{ "", 0, "-" },
		{ "/a\n\033\"\\", 6, "/a\\x0a\\x1b\"\\x5c" },
	};
	char text[KIDOS_TEXT_ENDPOINT];
	struct kidos_connect_record record;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record = unix_record(cases[i].path, cases[i].length);
		kidos_connect_destination(&record, text);
		assert_string_equal(text, cases[i].text);
	}
	record = unix_record(longest, sizeof(longest));
	kidos_connect_destination(&record, text);
	assert_int_equal(strlen(text), 4 * KIDOS_CONNECT_PATH);
	record.path_length = 255;
	kidos_connect_destination(&record, text);
	assert_int_equal(strlen(text), 4 * KIDOS_CONNECT_PATH);
}

static void test_results(void **state)
{
	char name[KIDOS_CONNECT_RESULT_NAME];

	(void)state;
	for (unsigned int result = 0; result < KIDOS_CONNECT_RESULTS; result++)
		assert_int_equal(
			kidos_connect_result_parse(kidos_connect_result_name(result, name)),
			result);
	assert_string_equal(kidos_connect_result_name(0, name), "ok");
	assert_string_equal(kidos_connect_result_name(ETIMEDOUT, name), "ETIMEDOUT");
	assert_string_equal(kidos_connect_result_name(255, name), "unknown");
	assert_string_equal(kidos_connect_result_name(254, name), "errno_254");
}

/* A hundred of each of three processes, limited to ten; then all in order. */
static void test_limit(void **state)
{
	static struct kidos_connect_view events[300];
	struct ctl_connects_scan scan = { .events = events, .count = 300 };

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		struct kidos_connect_record record = tcp_record();

		record.tgid = 1 + i % 3;
		record.time = (i * 7919 % 300 + 1) * SECOND;
		events[i] = view_of(record, open_to_all);
	}
	ctl_connects_limit(&scan, 10);
	assert_int_equal(scan.count, 30);
	assert_int_equal(scan.pids, 3);
	ctl_connects_sort(&scan, true);
	for (unsigned int i = 1; i < 30; i++)
		assert_true(events[i - 1].time_ns > events[i].time_ns);
	for (uint32_t pid = 1; pid <= 3; pid++) {
		unsigned int of_it = 0;

		for (unsigned int i = 0; i < 30; i++)
			of_it += events[i].record.tgid == pid;
		assert_int_equal(of_it, 10);
	}
	ctl_connects_sort(&scan, false);
	for (unsigned int i = 1; i < 30; i++)
		assert_true(events[i - 1].time_ns < events[i].time_ns);
}

static void test_sum(void **state)
{
	struct ctl_connects_sum sum = {};

	(void)state;
	for (unsigned int i = 1; i <= 100; i++) {
		struct kidos_connect_record record = tcp_record();
		struct kidos_connect_view view;

		record.outcome = i > 20 ? KIDOS_CONNECT_SUCCEEDED : KIDOS_CONNECT_FAILED;
		record.latency = i * 1000;
		view = view_of(record, open_to_all);
		ctl_connects_sum_add(&sum, &view);
		view.record.kind = KIDOS_CONNECT_CLOSE;
		view.record.rx = 10;
		ctl_connects_sum_add(&sum, &view);
	}
	ctl_connects_sum_end(&sum);
	assert_int_equal(sum.attempts, 100);
	assert_int_equal(ctl_connects_sum_failed(&sum), 20);
	assert_int_equal(sum.results[ECONNREFUSED], 20);
	assert_int_equal(sum.rx, 1000);
	assert_int_equal((int)(ctl_connects_sum_percentile(&sum, 50) * 1e9 + 0.5), 60000);
	assert_int_equal((int)(ctl_connects_sum_percentile(&sum, 100) * 1e9 + 0.5), 100000);
	assert_int_equal(sum.destinations.rows[0].count, 100);
	ctl_connects_sum_free(&sum);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "connect list: words of filters", test_words, NULL, NULL, NULL },
		{ "connect list: wrong words", test_wrong_words, NULL, NULL, NULL },
		{ "connect list: processes", test_process, NULL, NULL, NULL },
		{ "connect list: time", test_time, NULL, NULL, NULL },
		{ "connect list: privacy", test_privacy, NULL, NULL, NULL },
		{ "connect list: paths of Unix sockets", test_paths, NULL, NULL, NULL },
		{ "connect list: names of results", test_results, NULL, NULL, NULL },
		{ "connect list: the newest of each process", test_limit, NULL, NULL, NULL },
		{ "connect list: a summary", test_sum, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("connect list", tests, NULL, NULL) != 0;
}
