/* SPDX-License-Identifier: MIT */
/* Events of connections: records, addresses that a process goes to, listeners, alerts in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alerts/notice.h"
#include "connects/event.h"
#include "connects/listeners.h"
#include "connects/recent.h"

#define SECOND 1000000000ull
#define ROOM 8u

static const struct kidos_privacy open_to_all;

static struct kidos_connect_record record_to(uint32_t tgid, uint32_t host, uint64_t time)
{
	struct kidos_connect_record record = {
		.sequence = 1,
		.sequence_end = 1,
		.time = time,
		.owner.comm = "scan",
		.tgid = tgid,
		.tgid_initial = tgid + 1000,
		.family = AF_INET,
		.protocol = 6,
		.kind = KIDOS_CONNECT_CONNECT,
		.dport = 443,
	};

	record.dst.words[2] = htonl(0xffff);
	record.dst.words[3] = htonl(host);
	return record;
}

static void count(const struct kidos_connect_record *record, void *context)
{
	uint64_t *sums = context;

	sums[0]++;
	sums[1] += record->sequence;
}

/* Two CPUs, one of which has been round. */
static void test_recent(void **state)
{
	static struct kidos_connect_record records[2 * ROOM];
	const struct kidos_connect_rings rings = { records, 2, ROOM };
	uint64_t last[2] = {}, sums[2] = {};

	(void)state;
	for (uint64_t n = 1; n <= 20; n++) {
		struct kidos_connect_record record = record_to(1, 1, n * SECOND);

		record.sequence = record.sequence_end = n;
		records[n % ROOM] = record;
		if (n <= 3)
			records[ROOM + n % ROOM] = record;
	}
	assert_int_equal(kidos_connect_recent(&rings, last, count, sums), 12);
	assert_int_equal(sums[0], ROOM + 3);
	assert_int_equal(last[0], 20);
	assert_int_equal(last[1], 3);
	assert_int_equal(kidos_connect_reach(&rings, SECOND), 13 * SECOND);
	/* Nothing new; then one, and one that is half written. */
	assert_int_equal(kidos_connect_recent(&rings, last, count, sums), 0);
	assert_int_equal(sums[0], ROOM + 3);
	records[ROOM + 4] = record_to(1, 1, 5 * SECOND);
	records[ROOM + 4].sequence = records[ROOM + 4].sequence_end = 4;
	records[ROOM + 5] = records[ROOM + 4];
	records[ROOM + 5].sequence = 5;
	assert_int_equal(kidos_connect_recent(&rings, last, count, sums), 0);
	assert_int_equal(sums[0], ROOM + 4);
	/* A ring that has not been round reaches back to the start. */
	assert_int_equal(kidos_connect_reach(
				 &(struct kidos_connect_rings){ records + ROOM, 1, ROOM }, SECOND),
			 SECOND);
	assert_int_equal(kidos_connect_recent(&(struct kidos_connect_rings){}, last, count, sums),
			 0);
}

struct found {
	unsigned int count;
	struct kidos_fanout_found last;
};

static void take_found(const struct kidos_fanout_found *found, void *context)
{
	struct found *got = context;

	got->count++;
	got->last = *found;
}

static unsigned int judged(struct kidos_fanout *fanout, uint64_t now, struct found *found)
{
	*found = (struct found){};
	kidos_fanout_judge(fanout, now, take_found, found);
	return found->count;
}

static void test_fanout(void **state)
{
	struct kidos_fanout *fanout = kidos_fanout_new(100, 60 * SECOND);
	struct kidos_connect_record record;
	struct found found;

	(void)state;
	assert_non_null(fanout);
	/* 99 addresses, each many times; ports and other processes do not matter. */
	for (uint32_t i = 0; i < 990; i++) {
		record = record_to(5, i % 99, 100 * SECOND);
		record.dport = (__u16)i;
		kidos_fanout_add(fanout, &record);
		record = record_to(6 + i, 7, 100 * SECOND);
		kidos_fanout_add(fanout, &record);
	}
	assert_int_equal(judged(fanout, 100 * SECOND, &found), 0);
	record = record_to(5, 99, 130 * SECOND);
	kidos_fanout_add(fanout, &record);
	assert_int_equal(judged(fanout, 130 * SECOND, &found), 1);
	assert_int_equal(found.last.tgid, 5);
	assert_int_equal(found.last.addresses, 100);
	assert_int_equal(ntohl(found.last.newest.dst.words[3]), 99);
	/* The first ones are out of the window. */
	assert_int_equal(judged(fanout, 161 * SECOND, &found), 0);
	assert_int_equal(kidos_fanout_lost(fanout), 0);
	kidos_fanout_free(fanout);
}

/* Unix sockets, accepts and ends of connections go nowhere. */
static void test_fanout_kinds(void **state)
{
	struct kidos_fanout *fanout = kidos_fanout_new(2, 60 * SECOND);
	struct found found;

	(void)state;
	for (uint32_t i = 0; i < 10; i++) {
		struct kidos_connect_record record = record_to(5, i, SECOND);

		record.kind = i % 2 ? KIDOS_CONNECT_ACCEPT : KIDOS_CONNECT_CLOSE;
		kidos_fanout_add(fanout, &record);
		record.kind = KIDOS_CONNECT_CONNECT;
		record.family = AF_UNIX;
		kidos_fanout_add(fanout, &record);
	}
	assert_int_equal(judged(fanout, SECOND, &found), 0);
	kidos_fanout_free(fanout);
}

/* A fork storm, and one process that fills its share: nothing grows, and what had no room is told.
 */
static void test_fanout_is_bounded(void **state)
{
	struct kidos_fanout *fanout = kidos_fanout_new(100, 60 * SECOND);
	struct kidos_connect_record record;
	struct found found;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		record = record_to(1, i, SECOND);
		kidos_fanout_add(fanout, &record);
	}
	for (uint32_t i = 0; i < 50000; i++) {
		record = record_to(100 + i, i, SECOND);
		kidos_fanout_add(fanout, &record);
	}
	assert_int_equal(judged(fanout, SECOND, &found), 1);
	assert_int_equal(found.last.addresses, 200);
	assert_int_equal(kidos_fanout_lost(fanout), 800 + 50000 - 1023);
	/* Gone with the window: all of the room is there again. */
	assert_int_equal(judged(fanout, 100 * SECOND, &found), 0);
	for (uint32_t i = 0; i < 100; i++) {
		record = record_to(60001, i, 101 * SECOND);
		kidos_fanout_add(fanout, &record);
	}
	assert_int_equal(judged(fanout, 101 * SECOND, &found), 1);
	kidos_fanout_free(fanout);
}

static struct kidos_connect_socket listener(const char *comm, uint16_t port)
{
	struct kidos_connect_socket socket = {
		.tgid = 77, .sport = port, .family = AF_INET, .state = 10
	};

	memcpy(socket.owner.comm, comm, strnlen(comm, KIDOS_COMM));
	socket.src.words[2] = socket.dst.words[2] = htonl(0xffff);
	socket.src.words[3] = htonl(0x0a010203);
	return socket;
}

static void test_listener_names(void **state)
{
	const struct kidos_port_range given = { 32768, 60999 };
	const struct kidos_privacy all = {}, some = { .hidden_v4 = 16, .hide_commands = 1 };
	struct kidos_connect_socket socket = listener("sshd", 22);
	char name[KIDOS_LEARNED_NAME];

	(void)state;
	kidos_connect_listener_name(&socket, &given, &all, name);
	assert_string_equal(name, "sshd 10.1.2.3:22");
	kidos_connect_listener_name(&socket, &given, &some, name);
	assert_string_equal(name, "- 10.1.0.0:22");
	socket = listener("a\n\"\\", 40000);
	kidos_connect_listener_name(&socket, &given, &all, name);
	assert_string_equal(name, "a\\x0a\"\\x5c 10.1.2.3:any");
	socket.family = AF_INET6;
	memset(&socket.src, 0, sizeof(socket.src));
	socket.sport = 80;
	kidos_connect_listener_name(&socket, &given, &all, name);
	assert_string_equal(name, "a\\x0a\"\\x5c [::]:80");
	/* The longest there is. */
	memset(socket.owner.comm, '\1', KIDOS_COMM);
	memset(&socket.src, 0xff, sizeof(socket.src));
	socket.sport = 10000;
	kidos_connect_listener_name(&socket, &given, &all, name);
	assert_int_equal(strlen(name), 64 + 1 + 1 + 39 + 1 + 1 + 5);
}

static void test_listeners_are_remembered(void **state)
{
	static struct kidos_learned learned, read;
	char folder[] = "/tmp/kidos-listeners-XXXXXX", file[64];
	const struct kidos_port_range given = { 32768, 60999 };
	const struct kidos_privacy all = {};
	struct kidos_connect_socket socket = listener("a\n\xff", 22);
	char name[KIDOS_LEARNED_NAME];
	unsigned int line;

	(void)state;
	assert_non_null(mkdtemp(folder));
	kidos_connect_listener_name(&socket, &given, &all, name);
	kidos_learned_init(&learned, &kidos_connect_ordinary, 1000);
	kidos_learned_add(&learned, name);
	assert_int_equal(kidos_learned_save(&learned, folder), 0);
	kidos_learned_init(&read, &kidos_connect_ordinary, 2000);
	assert_int_equal(kidos_learned_load(&read, folder, &line), 0);
	assert_true(kidos_learned_has(&read, name));
	assert_int_equal(read.since, 1000);
	snprintf(file, sizeof(file), "%s/kidos-listeners", folder);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void test_port_range(void **state)
{
	struct kidos_port_range range = kidos_port_range_read("/proc/self/nothing");

	(void)state;
	assert_int_equal(range.first, 32768);
	range = kidos_port_range_read("/proc/sys/net/ipv4/ip_local_port_range");
	assert_true(range.first <= range.last);
}

static void notice_of(const struct kidos_alert_event *event, struct kidos_notice *notice)
{
	const struct kidos_alert alert = { .id = 1,
					   .started_ns = event->time_ns,
					   .last_ns = event->time_ns,
					   .keys = 1,
					   .raised = 1,
					   .event = *event };

	kidos_notice_of(&alert, KIDOS_ALERT_STARTED, 0, &open_to_all, notice);
	for (const char *at = notice->message; *at; at++)
		assert_true(*at >= ' ' && *at < 0x7f);
}

static void test_notices(void **state)
{
	const struct kidos_privacy all = {}, none = { 24, 96, 1, 0 };
	struct kidos_connect_series series = { .raw = "a\nHost: \"x\"", .name = "unused" };
	struct kidos_connect_socket socket = listener("evil\033\"", 4444);
	struct kidos_fanout_found found = { .tgid = 9, .comm = "scan", .addresses = 120 };
	struct kidos_alert_event event;
	struct kidos_notice notice;

	(void)state;
	kidos_connect_event_failures(&series, true, 62.5, 50, &event);
	notice_of(&event, &notice);
	assert_non_null(strstr(notice.message,
			       "connect_failures on connects: 62.5 % of the TCP connections of "
			       "a\\x0aHost: \\x22x\\x22 failed, 50 % are allowed"));
	assert_string_equal(notice.values[KIDOS_NOTICE_COMMAND].text, "a\\x0aHost: \\x22x\\x22");
	kidos_connect_event_failures(&series, false, 62.5, 50, &event);
	notice_of(&event, &notice);
	assert_string_equal(notice.values[KIDOS_NOTICE_COMMAND].text, "");
	found.newest = record_to(9, 0x0a0b0c0d, SECOND);
	kidos_connect_event_fanout(&found, 100, &all, &event);
	notice_of(&event, &notice);
	assert_non_null(strstr(notice.message, "scan[9] went to 120 destinations"));
	assert_non_null(strstr(notice.message, "dst=10.11.12.13"));
	kidos_connect_event_fanout(&found, 100, &none, &event);
	notice_of(&event, &notice);
	assert_null(strstr(notice.message, "scan"));
	assert_non_null(strstr(notice.message, "dst=10.0.0.0"));
	kidos_connect_event_listener(&socket, "evil 10.1.2.3:4444", &all, &event);
	notice_of(&event, &notice);
	assert_non_null(strstr(notice.message, "new_listener on connects: a new listener, evil "
					       "10.1.2.3:4444"));
	assert_string_equal(notice.values[KIDOS_NOTICE_COMMAND].text, "evil\\x1b\\x22");
	assert_int_equal(notice.values[KIDOS_NOTICE_PID].number, 77);
}

static void test_privacy(void **state)
{
	struct kidos_privacy privacy = { .hidden_v4 = 8, .hidden_v6 = 64 };
	union kidos_address address = {};

	(void)state;
	address.words[2] = htonl(0xffff);
	address.words[3] = htonl(0x0a0b0c0d);
	kidos_privacy_address(&privacy, true, &address);
	assert_int_equal(ntohl(address.words[3]), 0x0a0b0c00);
	memset(&address, 0xff, sizeof(address));
	kidos_privacy_address(&privacy, false, &address);
	assert_int_equal(address.words[1], UINT32_MAX);
	assert_int_equal(address.words[2], 0);
	/* All zeros hide nothing. */
	privacy = (struct kidos_privacy){};
	memset(&address, 0xff, sizeof(address));
	kidos_privacy_address(&privacy, false, &address);
	assert_int_equal(address.words[3], UINT32_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "connect events: recent ones", test_recent, NULL, NULL, NULL },
		{ "connect events: fanout", test_fanout, NULL, NULL, NULL },
		{ "connect events: what goes nowhere", test_fanout_kinds, NULL, NULL, NULL },
		{ "connect events: fanout is bounded", test_fanout_is_bounded, NULL, NULL, NULL },
		{ "connect events: names of listeners", test_listener_names, NULL, NULL, NULL },
		{ "connect events: listeners are remembered", test_listeners_are_remembered, NULL,
		  NULL, NULL },
		{ "connect events: ports that the kernel gives", test_port_range, NULL, NULL,
		  NULL },
		{ "connect events: alerts in words", test_notices, NULL, NULL, NULL },
		{ "connect events: privacy", test_privacy, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("connect events", tests, NULL, NULL) != 0;
}
