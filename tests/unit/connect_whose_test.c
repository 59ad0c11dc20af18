/* SPDX-License-Identifier: MIT */
/* Whose a packet is: the table of connections, by packets that ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "connects/recent.h"
#include "connects/whose.h"

#define SECOND 1000000000ull
#define HERE 4026531840u
#define THERE 4026532000u
#define SEED 7u

static const struct kidos_privacy open_to_all;

static union kidos_address ipv4(uint32_t host)
{
	union kidos_address address = {};

	address.words[2] = htonl(0xffff);
	address.words[3] = htonl(host);
	return address;
}

#define CLIENT 0xc0000201u /* 192.0.2.1 */
#define SERVER 0xc0000202u

/* CLIENT:sport to SERVER:443, established at a second after a connect() of 10 ms. */
static struct kidos_connect_record record_of(const char *comm, uint32_t pid, uint16_t sport,
					     uint64_t second)
{
	struct kidos_connect_record record = {
		.time = second * SECOND,
		.latency = SECOND / 100,
		.tgid = pid,
		.tgid_initial = pid + 1000,
		.netns = HERE,
		.protocol = IPPROTO_TCP,
		.family = AF_INET,
		.type = SOCK_STREAM,
		.kind = KIDOS_CONNECT_CONNECT,
		.src = ipv4(CLIENT),
		.dst = ipv4(SERVER),
		.sport = sport,
		.dport = 443,
	};

	memcpy(record.owner.comm, comm, strlen(comm));
	return record;
}

static struct kidos_connect_record closed(struct kidos_connect_record record, uint64_t second)
{
	record.kind = KIDOS_CONNECT_CLOSE;
	record.latency = second * SECOND - record.time;
	record.time = second * SECOND;
	return record;
}

/* The same connection, seen from its other end. */
static struct kidos_connect_record turned(struct kidos_connect_record record)
{
	union kidos_address address = record.src;
	uint16_t port = record.sport;

	record.kind = KIDOS_CONNECT_ACCEPT;
	record.latency = 0;
	record.src = record.dst;
	record.sport = record.dport;
	record.dst = address;
	record.dport = port;
	return record;
}

static void put(struct kidos_connect_table *table, struct kidos_connect_record record)
{
	struct kidos_connect_known known;

	assert_true(kidos_connect_known_by_record(&record, &known));
	kidos_connect_table_put(table, &known);
}

struct packet {
	uint64_t ms;
	uint16_t sport; /* of CLIENT */
	bool back; /* from SERVER */
	bool begins;
	uint32_t netns; /* 0: HERE */
	uint8_t protocol; /* 0: TCP */
};

/* Its owner's pid; 0: not known. */
static uint32_t pid_of(struct kidos_connect_table *table, struct packet packet)
{
	struct kidos_flow_key flow = { .src = ipv4(packet.back ? SERVER : CLIENT),
				       .dst = ipv4(packet.back ? CLIENT : SERVER),
				       .sport = packet.back ? 443 : packet.sport,
				       .dport = packet.back ? packet.sport : 443 };
	const struct kidos_whose question = { .flow = &flow,
					      .netns = packet.netns ? packet.netns : HERE,
					      .boot_ns = packet.ms * (SECOND / 1000),
					      .begins = packet.begins };
	const struct kidos_connect_known *known;

	flow.meta = (uint32_t)(packet.protocol ? packet.protocol : IPPROTO_TCP)
			    << KIDOS_META_PROTOCOL_SHIFT |
		    KIDOS_META_IPV4;
	known = kidos_connect_table_find(table, &question);
	return known ? known->pid : 0;
}
#define PID(table, ...) pid_of(table, (struct packet){ __VA_ARGS__ })

static struct kidos_connect_table *make(size_t entries)
{
	struct kidos_connect_table *table = kidos_connect_table_new(entries, SEED);

	assert_non_null(table);
	return table;
}

static void test_directions(void **state)
{
	struct kidos_connect_table *table = make(64);

	(void)state;
	put(table, record_of("curl", 5, 40000, 10));
	assert_int_equal(PID(table, 9999, 40000, .begins = true), 5); /* its SYN, in the call */
	assert_int_equal(PID(table, 11000, 40000), 5);
	assert_int_equal(PID(table, 11000, 40000, .back = true), 5);
	assert_int_equal(PID(table, 11000, 40001), 0);
	assert_int_equal(PID(table, 11000, 40000, .protocol = IPPROTO_UDP), 0);
	assert_int_equal(PID(table, 9000, 40000), 0); /* nobody's yet */
	kidos_connect_table_clear(table);
	assert_int_equal(PID(table, 11000, 40000), 0);
	kidos_connect_table_free(table);
}

/* Both ends on one host: a packet is of the end that sent it. */
static void test_both_ends(void **state)
{
	struct kidos_connect_table *table = make(64);
	struct kidos_connect_record accepted = turned(record_of("sshd", 6, 40000, 10));

	(void)state;
	put(table, accepted);
	/* Its handshake came before it was accepted; then the other end is known, too. */
	assert_int_equal(PID(table, 9990, 40000, .begins = true), 6);
	put(table, record_of("ssh", 5, 40000, 10));
	assert_int_equal(PID(table, 11000, 40000), 5);
	assert_int_equal(PID(table, 11000, 40000, .back = true), 6);
	/* In another namespace, which forwards it or has the other end of a veth. */
	assert_int_equal(PID(table, 11000, 40000, .netns = THERE), 5);
	/* A third namespace has the same addresses and ports: its own, and else either's. */
	accepted = record_of("other", 7, 40000, 10);
	accepted.netns = THERE;
	put(table, accepted);
	assert_int_equal(PID(table, 11000, 40000), 5);
	assert_int_equal(PID(table, 11000, 40000, .netns = THERE), 7);
	assert_int_equal(PID(table, 11000, 40000, .netns = THERE + 1), 0);
	kidos_connect_table_free(table);
}

static void test_loopback_is_each_namespaces_own(void **state)
{
	struct kidos_connect_table *table = make(64);
	struct kidos_connect_record record = record_of("curl", 5, 40000, 10);
	struct kidos_flow_key flow = { .src = ipv4(INADDR_LOOPBACK),
				       .dst = ipv4(INADDR_LOOPBACK),
				       .sport = 40000,
				       .dport = 443,
				       .meta = IPPROTO_TCP << KIDOS_META_PROTOCOL_SHIFT };
	struct kidos_whose packet = { .flow = &flow, .netns = HERE, .boot_ns = 11 * SECOND };

	(void)state;
	record.src = record.dst = ipv4(INADDR_LOOPBACK);
	put(table, record);
	assert_non_null(kidos_connect_table_find(table, &packet));
	packet.netns = THERE;
	assert_null(kidos_connect_table_find(table, &packet));
	kidos_connect_table_free(table);
}

/* Addresses and ports that another process has later. */
static void test_reuse(void **state)
{
	struct kidos_connect_table *table = make(64);
	const struct kidos_connect_record first = record_of("first", 5, 40000, 10),
					  second = record_of("second", 6, 40000, 30);

	(void)state;
	put(table, first);
	put(table, closed(first, 20));
	assert_int_equal(PID(table, 20100, 40000), 5); /* the last of it */
	assert_int_equal(PID(table, 20100, 40000, .begins = true), 0); /* not of it any more */
	put(table, second);
	assert_int_equal(PID(table, 15000, 40000), 5); /* read late */
	assert_int_equal(PID(table, 29995, 40000, .begins = true), 6);
	assert_int_equal(PID(table, 31000, 40000), 6);
	/* What is read again changes nothing. */
	put(table, first);
	put(table, closed(first, 20));
	assert_int_equal(PID(table, 15000, 40000), 5);
	assert_int_equal(PID(table, 31000, 40000), 6);
	assert_int_equal(PID(table, 20100, 40000, .begins = true), 0);
	/* Accepted at once after the former end: the second before is not its own. */
	kidos_connect_table_clear(table);
	put(table, first);
	put(table, closed(first, 20));
	put(table, turned(turned(record_of("third", 7, 40000, 20))));
	assert_int_equal(PID(table, 19900, 40000), 5);
	assert_int_equal(PID(table, 20001, 40000), 7);
	kidos_connect_table_free(table);
}

/* One process has them, then another, then the first again. */
static void test_turns(void **state)
{
	struct kidos_connect_table *table = make(64);
	const struct kidos_connect_record first = record_of("first", 5, 40000, 10),
					  second = record_of("second", 6, 40000, 30),
					  again = record_of("first", 5, 40000, 50);

	(void)state;
	put(table, first);
	put(table, closed(first, 20));
	put(table, second);
	put(table, closed(second, 40));
	put(table, again);
	assert_int_equal(PID(table, 15000, 40000), 5);
	assert_int_equal(PID(table, 35000, 40000), 6);
	assert_int_equal(PID(table, 55000, 40000), 5);
	/* The later one is read first: it has not ended. */
	kidos_connect_table_clear(table);
	put(table, again);
	put(table, closed(first, 20));
	assert_int_equal(PID(table, 55000, 40000, .begins = true), 5);
	kidos_connect_table_free(table);
}

/* The end may be read before the beginning: rings of several CPUs have no common order. */
static void test_order(void **state)
{
	struct kidos_connect_table *table = make(64);
	const struct kidos_connect_record first = record_of("first", 5, 40000, 10),
					  second = record_of("second", 6, 40000, 30);

	(void)state;
	put(table, second);
	put(table, closed(first, 20));
	put(table, first);
	assert_int_equal(PID(table, 15000, 40000), 5);
	assert_int_equal(PID(table, 20100, 40000, .begins = true), 0);
	assert_int_equal(PID(table, 31000, 40000), 6);
	kidos_connect_table_free(table);
}

/* Eight places, all in one bucket: what is open stays, and of that what was asked for last. */
static void test_full(void **state)
{
	struct kidos_connect_table *table = make(8);
	struct kidos_connect_record record;

	(void)state;
	for (uint16_t i = 0; i < 8; i++)
		put(table, record_of("open", 100 + i, 40000 + i, 10 + i));
	for (uint16_t i = 0; i < 8; i++)
		assert_int_equal(PID(table, 18000, 40000 + i), 100 + i);
	assert_int_equal(PID(table, 30000, 40000), 100);
	put(table, record_of("new", 200, 50000, 31));
	assert_int_equal(PID(table, 32000, 50000), 200);
	assert_int_equal(PID(table, 32000, 40000), 100); /* the oldest, but just asked for */
	assert_int_equal(PID(table, 32000, 40001), 0);
	/* One that has ended goes first, as new as it is. */
	record = record_of("new", 200, 50000, 31);
	put(table, closed(record, 40));
	put(table, record_of("newer", 300, 50001, 41));
	assert_int_equal(PID(table, 42000, 50000), 0);
	assert_int_equal(PID(table, 42000, 50001), 300);
	assert_int_equal(PID(table, 42000, 40002), 102);
	/* What is known already takes no place. */
	kidos_connect_table_clear(table);
	for (uint16_t i = 0; i < 7; i++)
		put(table, record_of("open", 100 + i, 40000 + i, 10 + i));
	put(table, record);
	put(table, closed(record, 40));
	put(table, closed(record, 40));
	assert_int_equal(PID(table, 35000, 50000), 200);
	kidos_connect_table_free(table);
}

/* Many more than there is room for: never another's name, and most of the newest. */
static void test_many(void **state)
{
	struct kidos_connect_table *table = make(1024);
	unsigned int found = 0;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++)
		put(table, record_of("many", 1 + i, (uint16_t)(1000 + i), 10 + i));
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t pid = PID(table, 1000000000, (uint16_t)(1000 + i));

		assert_true(!pid || pid == 1 + i);
		found += pid && i >= 20000 - 512;
	}
	assert_true(found > 480);
	kidos_connect_table_free(table);
}

static void test_datagrams(void **state)
{
	struct kidos_connect_table *table = make(64);
	struct kidos_connect_record record = record_of("dig", 5, 40000, 10);

	(void)state;
	record.protocol = IPPROTO_UDP;
	record.type = SOCK_DGRAM;
	record.kind = KIDOS_CONNECT_SEND;
	record.latency = 0;
	record.src = ipv4(0); /* bound to no address */
	put(table, record);
	assert_int_equal(PID(table, 9000, 40000, .protocol = IPPROTO_UDP), 5);
	assert_int_equal(PID(table, 9000, 40000, .back = true, .protocol = IPPROTO_UDP), 5);
	assert_int_equal(PID(table, 9000, 40000), 0);
	/* Another process has the port. */
	record = record_of("host", 6, 40000, 100);
	record.protocol = IPPROTO_UDP;
	record.type = SOCK_DGRAM;
	put(table, record);
	assert_int_equal(PID(table, 101000, 40000, .protocol = IPPROTO_UDP), 6);
	kidos_connect_table_free(table);
}

static void test_nothing_to_be_known(void **state)
{
	struct kidos_connect_record record = record_of("x", 5, 40000, 10);
	struct kidos_connect_socket socket = { .state = TCP_LISTEN, .tgid = 5 };
	struct kidos_connect_known known;

	(void)state;
	record.family = AF_UNIX;
	assert_false(kidos_connect_known_by_record(&record, &known));
	record.family = AF_INET;
	record.sport = 0; /* it failed before it had a port */
	assert_false(kidos_connect_known_by_record(&record, &known));
	record.sport = 1;
	record.tgid = 0;
	assert_true(kidos_connect_known_by_record(&record, &known));
	assert_int_equal(known.pid, 1005);
	record.tgid_initial = 0; /* accepted, and the listener's owner is not known */
	assert_false(kidos_connect_known_by_record(&record, &known));
	assert_false(kidos_connect_known_by_socket(&socket, SECOND, &known));
	socket.state = TCP_ESTABLISHED;
	assert_true(kidos_connect_known_by_socket(&socket, SECOND, &known));
	assert_int_equal(known.begin, 0);
}

static void test_words(void **state)
{
	const struct kidos_privacy hidden = { .hide_commands = 1 };
	struct kidos_connect_known known = { .pid = 5 };
	char words[KIDOS_WHOSE_WORDS], unit[120];

	(void)state;
	memcpy(known.owner.comm, "a\" pid=1 \n\x1b\\b", 13);
	kidos_connect_say(&known, "x\".service", &open_to_all, words);
	assert_string_equal(words, "command=\"a\\x22 pid=1 \\x0a\\x1b\\x5cb\" pid=5 "
				   "unit=\"x\\x22.service\"");
	kidos_connect_say(&known, "", &open_to_all, words);
	assert_string_equal(words, "command=\"a\\x22 pid=1 \\x0a\\x1b\\x5cb\" pid=5");
	kidos_connect_say(&known, "x.service", &hidden, words);
	assert_string_equal(words, "pid=5");
	/* The longest there are fit. */
	memset(known.owner.comm, 1, sizeof(known.owner.comm));
	memset(unit, 1, sizeof(unit) - 1);
	unit[sizeof(unit) - 1] = '\0';
	known.pid = UINT32_MAX;
	kidos_connect_say(&known, unit, &open_to_all, words);
	assert_int_equal(strlen(words), strlen("command=\"\" pid=4294967295 unit=\"\"") +
						4 * (16 + sizeof(unit) - 1));
	assert_int_equal(words[strlen(words) - 1], '"');
}

#define ROOM 8u

static void add_up(const struct kidos_connect_record *record, void *context)
{
	uint64_t *sums = context;

	assert_true(record->sequence > sums[1]);
	sums[0]++;
	sums[1] = record->sequence;
}

static void test_follow(void **state)
{
	static struct kidos_connect_record records[ROOM];
	const struct kidos_connect_rings rings = { records, 1, ROOM };
	uint64_t last[1] = {}, sums[2] = {};

	(void)state;
	assert_int_equal(kidos_connect_follow(&rings, last, add_up, sums), 0);
	for (uint64_t n = 1; n <= 20; n++) {
		records[n % ROOM] = record_of("x", 1, 1, n);
		records[n % ROOM].sequence = records[n % ROOM].sequence_end = n;
		if (n == 3) {
			assert_int_equal(kidos_connect_follow(&rings, last, add_up, sums), 0);
			assert_int_equal(sums[0], 3);
		}
	}
	/* It has been round twice since: 4 to 12 are gone. */
	assert_int_equal(kidos_connect_follow(&rings, last, add_up, sums), 9);
	assert_int_equal(sums[0], 3 + ROOM);
	assert_int_equal(last[0], 20);
	/* Being written: the next time. */
	records[21 % ROOM].sequence = 0;
	assert_int_equal(kidos_connect_follow(&rings, last, add_up, sums), 0);
	records[21 % ROOM].sequence_end = 21;
	records[21 % ROOM].sequence = 21;
	assert_int_equal(kidos_connect_follow(&rings, last, add_up, sums), 0);
	assert_int_equal(last[0], 21);
	assert_int_equal(sums[0], 4 + ROOM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "whose: either direction", test_directions, NULL, NULL, NULL },
		{ "whose: both ends on this host", test_both_ends, NULL, NULL, NULL },
		{ "whose: loopback is each namespace's own", test_loopback_is_each_namespaces_own,
		  NULL, NULL, NULL },
		{ "whose: ports that another has later", test_reuse, NULL, NULL, NULL },
		{ "whose: two that take turns at the same ports", test_turns, NULL, NULL, NULL },
		{ "whose: records in any order", test_order, NULL, NULL, NULL },
		{ "whose: who gives way in a full table", test_full, NULL, NULL, NULL },
		{ "whose: as many as there is room for", test_many, NULL, NULL, NULL },
		{ "whose: datagrams", test_datagrams, NULL, NULL, NULL },
		{ "whose: nothing is said of what is not known", test_nothing_to_be_known, NULL,
		  NULL, NULL },
		{ "whose: words of hostile names, and what is hidden", test_words, NULL, NULL,
		  NULL },
		{ "whose: rings are followed", test_follow, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
