/* SPDX-License-Identifier: MIT */
/*
 * The event log without a kernel: rows of every format read back as what they
 * were, whatever stands in names; the queue; ledgers beyond their room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/now.h"
#include "core/text.h"
#include "eventlog/analysis.h"
#include "eventlog/format.h"
#include "eventlog/queue.h"
#include "eventlog/rows.h"

static const char *const hostile[] = {
	"eth0",
	"",
	"a b",
	"quote\"quote'",
	"back\\slash",
	"comma,comma,\"",
	"new\nline\rreturn",
	"esc\x1b[2J\x7f",
	"bad utf8 \xff\xc3(\xed\xa0\x80",
	"\xc3\xa4\xe2\x82\xac",
	"=cmd|' /C calc'!A0",
	" -> ",
	"{\"a\":[1,2]}",
	"]},",
	"timestamp,src_ip",
	"interface=\"x\" kind=alert",
};

#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static struct kidos_flow_key key_of(bool ipv4)
{
	struct kidos_flow_key key = { .sport = 53210, .dport = 443, .meta = 6 };

	if (ipv4) {
		key.meta |= KIDOS_META_IPV4;
		key.src.words[2] = key.dst.words[2] = htonl(0xffff);
		key.src.words[3] = htonl(0x0a010203);
		key.dst.words[3] = htonl(0xc0000201);
	} else {
		inet_pton(AF_INET6, "2001:db8::1", &key.src);
		inet_pton(AF_INET6, "fe80::2", &key.dst);
	}
	return key;
}

static struct kidos_log_entry entry_of(const struct kidos_flow_key *key, const char *interface)
{
	struct kidos_log_entry entry = {
		.kind = KIDOS_LOG_FLOW,
		.time_ns = 1764400000123456789u,
		.action = "permitted",
		.interface = interface,
		.packets = 3,
		.bytes = 4560,
		.first_size = 60,
		.least_size = 60,
		.most_size = 1500,
		.first_ns = 1764400000000000000u,
		.last_ns = 1764400000123456789u,
		.alert = "",
		.alert_id = "",
		.message = "",
	};

	kidos_log_fill_flow(&entry, key);
	return entry;
}

/* The lines of a row as a file has them. */
static size_t lines_of(enum kidos_log_format format, const struct kidos_log_entry *entry,
		       char *lines, size_t room)
{
	struct kidos_log_text text = { lines, lines, lines + room, false };

	kidos_log_header(&text, format);
	kidos_log_format(&text, format, entry);
	if (format == KIDOS_LOG_JSON)
		kidos_log_put_char(&text, '\n');
	assert_false(text.cut);
	return (size_t)(text.at - lines);
}

/* The one record in them. */
static void read_back(struct kidos_rows *rows, const char *lines, size_t length,
		      struct kidos_log_record *found)
{
	struct kidos_log_record record;
	unsigned int count = 0;

	for (const char *at = lines, *end; at < lines + length; at = end + 1) {
		struct kidos_slice line;

		end = memchr(at, '\n', (size_t)(lines + length - at));
		assert_non_null(end);
		line = (struct kidos_slice){ at, (size_t)(end - at) };
		switch (kidos_rows_take(rows, &line, &record)) {
		case KIDOS_ROW_RECORD:
			*found = record;
			count++;
			break;
		case KIDOS_ROW_BAD:
			fail_msg("a bad line: %.*s", (int)line.length, line.at);
			break;
		case KIDOS_ROW_NONE:
			break;
		}
	}
	assert_int_equal(count, 1);
}

static void check_record(const struct kidos_log_record *record, const struct kidos_flow_key *key,
			 const char *interface)
{
	char escaped[256];

	kidos_text_utf8(interface, escaped, sizeof(escaped));
	assert_int_equal(record->time_ns, 1764400000123000000u);
	assert_memory_equal(&record->src, &key->src, sizeof(key->src));
	assert_memory_equal(&record->dst, &key->dst, sizeof(key->dst));
	assert_int_equal(record->sport, 53210);
	assert_int_equal(record->dport, 443);
	assert_int_equal(record->protocol, 6);
	assert_int_equal(record->size, 60);
	assert_int_equal(record->packets, 3);
	assert_int_equal(record->bytes, 4560);
	assert_int_equal(record->least_size, 60);
	assert_int_equal(record->most_size, 1500);
	assert_int_equal(record->interface.length, strlen(escaped));
	assert_memory_equal(record->interface.at, escaped, strlen(escaped));
	assert_true(kidos_log_record_is(record, "flow"));
}

static void test_formats(void **state)
{
	struct kidos_rows *rows = kidos_rows_new();
	char lines[2 * KIDOS_LOG_ROW];

	(void)state;
	assert_non_null(rows);
	for (unsigned int i = 0; i < 2 * HOSTILE; i++)
		for (unsigned int format = KIDOS_LOG_CONSOLE; format <= KIDOS_LOG_JSONL; format++) {
			const struct kidos_flow_key key = key_of(i & 1);
			const struct kidos_log_entry entry = entry_of(&key, hostile[i / 2]);
			struct kidos_log_record record = {};
			size_t length = lines_of(format, &entry, lines, sizeof(lines));

			read_back(rows, lines, length, &record);
			check_record(&record, &key, hostile[i / 2]);
			kidos_rows_end(rows);
		}
	kidos_rows_free(rows);
}

/* Every row cut at every length is a bad line or none, and reads nothing beyond its end. */
static void test_cut(void **state)
{
	struct kidos_rows *rows = kidos_rows_new();
	const struct kidos_flow_key key = key_of(true);
	const struct kidos_log_entry entry = entry_of(&key, "a \"b\"");
	char lines[KIDOS_LOG_ROW];

	(void)state;
	for (unsigned int format = KIDOS_LOG_CONSOLE; format <= KIDOS_LOG_JSONL; format++) {
		struct kidos_log_text text = { lines, lines, lines + sizeof(lines), false };

		kidos_log_format(&text, format, &entry);
		for (size_t length = 0; length < (size_t)(text.at - lines); length++) {
			char *copy = malloc(length + 1); /* for the sanitizer */
			struct kidos_slice line = { copy, length };
			struct kidos_log_record record;

			memcpy(copy, lines, length);
			kidos_rows_take(rows, &line, &record);
			kidos_rows_end(rows);
			free(copy);
		}
	}
	kidos_rows_free(rows);
}

static void test_queue(void **state)
{
	struct kidos_log_queue *queue = kidos_log_queue_new();
	struct kidos_log_row row = { .name = 7 }, rows[64];
	uint64_t start;

	(void)state;
	for (unsigned int i = 0; i < KIDOS_LOG_QUEUE; i++)
		assert_true(kidos_log_queue_put(queue, &row, 1000));
	start = kidos_now_ns(CLOCK_MONOTONIC);
	assert_false(kidos_log_queue_put(queue, &row, 50));
	assert_true(kidos_now_ns(CLOCK_MONOTONIC) - start >= 50000000u);
	assert_int_equal(kidos_log_queue_take(queue, rows, 64, 0), 64);
	assert_int_equal(rows[63].name, 7);
	assert_true(kidos_log_queue_put(queue, &row, 1000));
	kidos_log_queue_close(queue, kidos_now_ns(CLOCK_MONOTONIC) + 1000000000u);
	assert_false(kidos_log_queue_put(queue, &row, 0));
	for (int got, sum = 0; (got = kidos_log_queue_take(queue, rows, 64, 0)) >= 0;) {
		sum += got;
		assert_true(sum <= (int)KIDOS_LOG_QUEUE);
	}
	assert_int_equal(kidos_log_queue_count(queue), 0);
	kidos_log_queue_free(queue);
}

struct weighed {
	uint64_t key;
	struct kidos_tally tally;
};

/* 100 heavy keys among a million light ones, in a room of 1,000. */
static void test_ledger(void **state)
{
	struct kidos_ledger ledger;
	uint64_t all = 0, heavy[100] = {};
	bool fresh;

	(void)state;
	assert_int_equal(kidos_ledger_init(&ledger, 8, sizeof(struct weighed), 1000), 0);
	for (uint64_t i = 0; i < 1000000; i++) {
		uint64_t key = i % 10 ? 1000 + i : i / 10 % 100, bytes = i % 10 ? 40 : 1500;

		if (key < 100)
			heavy[key] += bytes;
		all += bytes;
		kidos_ledger_add(&ledger, &key, 1, bytes, &fresh);
	}
	assert_true(ledger.taken > 0);
	assert_true(ledger.taken <= all / (ledger.room / 4)); /* the median is of samples */
	for (uint64_t key = 0; key < 100; key++) {
		const struct weighed *entry = kidos_ledger_find(&ledger, &key);

		assert_true(heavy[key] > ledger.taken);
		assert_non_null(entry);
		assert_true(entry->tally.bytes <= heavy[key]);
		assert_true(entry->tally.bytes + ledger.taken >= heavy[key]);
	}
	kidos_ledger_free(&ledger);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "eventlog: rows of every format read back, whatever stands in names",
		  test_formats, NULL, NULL, NULL },
		{ "eventlog: rows that are cut", test_cut, NULL, NULL, NULL },
		{ "eventlog: the queue waits for room, and drains when it is closed", test_queue,
		  NULL, NULL, NULL },
		{ "eventlog: a ledger beyond its room is within its bound", test_ledger, NULL, NULL,
		  NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("eventlog", tests, NULL, NULL);
}
