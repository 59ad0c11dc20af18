/* SPDX-License-Identifier: MIT */
/* Rules over a flow table that holds what a scanner, a flood, a forger or an ordinary host did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "rule_table.h"

#define RX KIDOS_RX
#define TX KIDOS_TX
#define ME 1u

static struct rule_table table;

static void send_one(unsigned int protocol, uint32_t src, uint16_t sport, uint32_t dst,
		     uint16_t dport, unsigned int direction, unsigned int flags)
{
	struct kidos_flow_key key = rule_key(protocol, src, sport, dst, dport, direction);

	rule_send(&table, &key, flags, 1, 60);
}

/* A connection that was asked for: answered, or refused, or neither. */
enum outcome { ESTABLISHED, REFUSED, IGNORED };

static void connect_one(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport,
			enum outcome outcome)
{
	send_one(IPPROTO_TCP, src, sport, dst, dport, RX,
		 TH_SYN | (outcome == ESTABLISHED ? TH_ACK : 0u));
	if (outcome != IGNORED)
		send_one(IPPROTO_TCP, dst, dport, src, sport, TX,
			 TH_ACK | (outcome == REFUSED ? TH_RST : TH_SYN));
}

static void ask_one(uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, bool answered)
{
	send_one(IPPROTO_UDP, src, sport, dst, dport, TX, 0);
	if (answered)
		send_one(IPPROTO_UDP, dst, dport, src, sport, RX, 0);
}

/* As many polls as it takes to be sure that nothing comes. */
static void expect_none(enum kidos_alert_kind kind)
{
	for (int i = 0; i < 4; i++) {
		rule_poll(&table, 2);
		assert_int_equal(rule_starts(&table, kind), 0);
	}
}

static void expect_within(unsigned int polls, enum kidos_alert_kind kind)
{
	for (unsigned int i = 0; i < polls; i++) {
		rule_poll(&table, 2);
		if (rule_starts(&table, kind))
			return;
	}
	fail();
}

static void test_port_scan(void **state)
{
	(void)state;
	rule_table_open(&table, 4096);
	for (uint16_t port = 1; port < 10; port++)
		connect_one(7, 40000, ME, port, REFUSED);
	expect_none(KIDOS_ALERT_PORT_SCAN);
	connect_one(7, 40000, ME, 10, IGNORED);
	/* In flight for less than a second: may be answered yet. */
	rule_poll(&table, 0.5);
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_PORT_SCAN), 0);
	expect_within(2, KIDOS_ALERT_PORT_SCAN);
	assert_string_equal(table.events[0].subject, "10.0.0.7");
	assert_string_equal(table.events[0].instance, "b0");
	assert_int_equal(table.events[0].flow.src.words[3], rule_host(7).words[3]);
	/* The window is over, and the table forgets. */
	rule_poll(&table, 70);
	rule_poll(&table, 1);
	assert_int_equal(table.count, 0);
	rule_table_close(&table);
}

/* Whoever is answered scans nothing. */
static void test_answered(void **state)
{
	(void)state;
	rule_table_open(&table, 4096);
	for (uint16_t i = 0; i < 500; i++) {
		connect_one(7, (uint16_t)(2000 + i), 100u + i, (uint16_t)(80 + i), ESTABLISHED);
		ask_one(ME, (uint16_t)(30000 + i), 1000u + i, 53, true);
		ask_one(ME, 5353, 0xe0000000u | i, 5353, true);
	}
	expect_none(KIDOS_ALERT_PORT_SCAN);
	rule_poll(&table, 1);
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_HOST_SWEEP), 0);
	for (uint16_t i = 0; i < 30; i++)
		ask_one(ME, 30000, 5000u + i, 53, false);
	expect_within(3, KIDOS_ALERT_HOST_SWEEP);
	rule_table_close(&table);
}

/* The answer left by the other interface. */
static void test_answered_elsewhere(void **state)
{
	(void)state;
	rule_table_open(&table, 4096);
	for (uint16_t i = 0; i < 100; i++) {
		struct kidos_flow_key answer = rule_key(IPPROTO_UDP, 1000u + i, 53, 7, 30000, TX);

		send_one(IPPROTO_UDP, 7, 30000, 1000u + i, 53, RX, 0);
		answer.meta += 1u << KIDOS_META_SLOT_SHIFT;
		rule_send(&table, &answer, 0, 1, 60);
	}
	expect_none(KIDOS_ALERT_HOST_SWEEP);
	rule_table_close(&table);
}

static void test_syn_flood(void **state)
{
	(void)state;
	rule_table_open(&table, 4096);
	for (uint32_t i = 0; i < 300; i++) {
		connect_one(1000 + i, 4000, ME, 80, REFUSED);
		connect_one(2000 + i, 4000, ME, 443, i % 2 ? ESTABLISHED : IGNORED);
	}
	expect_none(KIDOS_ALERT_SYN_FLOOD);
	for (uint32_t i = 0; i < 1200; i++)
		connect_one(4000 + i, 4000, ME, 443, IGNORED);
	expect_within(2, KIDOS_ALERT_SYN_FLOOD);
	for (unsigned int i = 0; i < table.count; i++)
		if (table.events[i].kind == KIDOS_ALERT_SYN_FLOOD)
			assert_string_equal(table.events[i].subject, "10.0.0.1 port 443");
	rule_table_close(&table);
}

/* A scanner hides among a million sources that nobody ever was. */
static void test_forged(void **state)
{
	(void)state;
	rule_table_open(&table, 1 << 20);
	for (uint32_t i = 0; i < 1000000; i++)
		send_one(IPPROTO_TCP, 0x10000 + i, (uint16_t)i, ME, 80, RX, TH_SYN);
	for (uint16_t port = 1; port <= 60; port++)
		connect_one(7, 40000, ME, port, REFUSED);
	expect_within(6, KIDOS_ALERT_PORT_SCAN);
	for (unsigned int i = 0; i < table.count; i++)
		if (table.events[i].kind == KIDOS_ALERT_PORT_SCAN)
			assert_string_equal(table.events[i].subject, "10.0.0.7");
	assert_true(table.count < 16);
	rule_poll(&table, 1);
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_SYN_FLOOD), 1);
	assert_true(kidos_alert_rules_unjudged(table.rules) > 0);
	rule_table_close(&table);
}

/* Packets of one UDP flow, a second each. */
static void run_flow(unsigned int seconds, uint64_t packets)
{
	struct kidos_flow_key key = rule_key(IPPROTO_UDP, 7, 4000, ME, 5000, RX);

	for (unsigned int i = 0; i < seconds; i++) {
		table.now += 1000000000 / RULE_UNIT_NS;
		rule_send(&table, &key, 0, packets, packets * 100);
		rule_poll(&table, 0);
	}
}

static void test_rate(void **state)
{
	(void)state;
	rule_table_open(&table, 1024);
	rule_poll(&table, 1);
	run_flow(1, 100);
	run_flow(10, 49000);
	assert_int_equal(table.count, 0);
	run_flow(1, 60000); /* younger than a minute */
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_RATE_SPIKE), 1);
	run_flow(100, 30000); /* half of what raised it: one alert, however long */
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_RATE_SPIKE), 0);
	assert_int_equal(rule_renewals(&table, KIDOS_ALERT_RATE_SPIKE), 1);
	run_flow(1, 29000);
	assert_int_equal(table.count, 0);
	run_flow(1, 200000); /* seven times its own mean */
	assert_int_equal(table.count, 0);
	run_flow(1, 400000);
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_RATE_SPIKE), 1);
	rule_table_close(&table);
}

/* A burst of a second in a poll of ten is not its mean. */
static void test_burst(void **state)
{
	struct kidos_flow_key key = rule_key(IPPROTO_UDP, 7, 4000, ME, 5000, RX);

	(void)state;
	rule_table_open(&table, 1024);
	rule_poll(&table, 10);
	table.now += 1000000000 / RULE_UNIT_NS;
	rule_send(&table, &key, 0, 30000, 3000000);
	table.now += 1000000000 / RULE_UNIT_NS;
	rule_send(&table, &key, 0, 30000, 3000000);
	rule_poll(&table, 8);
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_RATE_SPIKE), 1);
	rule_table_close(&table);
}

static void test_exempt(void **state)
{
	static const char *const right[] = {
		"10.0.0.0/8",         "2001:db8::/32",
		"10.1.2.3",           "port 53",
		"port 33434-33523",   "interface eth0",
		"protocol ospf",      "protocol 112",
		"port_scan 10.0.0.7", "unusual_protocol protocol sctp"
	};
	static const char *const wrong[] = { "",          "10.0.0.0/33",      "port",
					     "port x",    "port 65536",       "port 9-8",
					     "proto 7",   "protocol quicker", "nokind 10.0.0.7",
					     "port_scan", "protocol 256" };
	struct kidos_flow_key there = rule_key(IPPROTO_TCP, 7, 1, ME, 80, RX);
	struct kidos_flow_key back = rule_key(IPPROTO_TCP, ME, 80, 7, 1, TX);
	struct kidos_exempts exempts = { .count = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_true(kidos_exempt_parse(right[i], &exempts.items[0]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(kidos_exempt_parse(wrong[i], &exempts.items[0]));
	kidos_exempt_parse("port_scan 10.0.0.7", &exempts.items[0]);
	assert_true(kidos_exempts_flow(&exempts, KIDOS_ALERT_PORT_SCAN, &there));
	assert_false(kidos_exempts_flow(&exempts, KIDOS_ALERT_PORT_SCAN, &back));
	assert_false(kidos_exempts_flow(&exempts, KIDOS_ALERT_HOST_SWEEP, &there));
	kidos_exempt_parse("10.0.0.7", &exempts.items[0]);
	assert_true(kidos_exempts_flow(&exempts, KIDOS_ALERT_RATE_SPIKE, &back));
	for (unsigned int kind = 0; kind < KIDOS_ALERT_KINDS; kind++)
		assert_true(kidos_exempts_flow(&exempts, kind, &there) ||
			    kidos_exempts_flow(&exempts, kind, &back));
	assert_false(kidos_exempts_flow(&exempts, KIDOS_ALERT_NOT_PERMITTED, &back));
	kidos_exempt_parse("port 80", &exempts.items[0]);
	assert_true(kidos_exempts_flow(&exempts, KIDOS_ALERT_RATE_SPIKE, &back));
}

static void scan_hidden(const char *exempt)
{
	struct kidos_privacy_settings *privacy;

	rule_table_open(&table, 4096);
	privacy = kidos_config_settings(&table.config, &kidos_privacy_block);
	privacy->bits_v4 = 24;
	table.exempts.count = kidos_exempt_parse(exempt, &table.exempts.items[0]);
	for (uint16_t port = 1; port < 20; port++)
		connect_one(7, 40000, ME, port, REFUSED);
	rule_poll(&table, 2);
	rule_poll(&table, 2);
}

/* What is hidden is exempt nevertheless, by what it is. */
static void test_privacy(void **state)
{
	(void)state;
	scan_hidden("10.0.0.8");
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_PORT_SCAN), 1);
	assert_string_equal(table.events[0].subject, "10.0.0.0");
	rule_table_close(&table);
	scan_hidden("10.0.0.7");
	assert_int_equal(table.count, 0);
	rule_table_close(&table);
}

/* One source sends most, among as many as there are. */
static void test_volume(void **state)
{
	(void)state;
	rule_table_open(&table, 1 << 16);
	table.settings.window = 0; /* at each poll */
	table.settings.volume_min = 1 << 20;
	table.settings.volume_share = 1;
	rule_poll(&table, 1);
	for (uint32_t i = 0; i < 60000; i++) {
		struct kidos_flow_key key = rule_key(IPPROTO_UDP, 100 + i, 1, ME, 1, RX);

		rule_send(&table, &key, 0, 1, 1000);
	}
	for (uint16_t i = 0; i < 100; i++) {
		struct kidos_flow_key key = rule_key(IPPROTO_UDP, 7, i, ME, 2, RX);

		rule_send(&table, &key, 0, 100000, 1000000000);
	}
	rule_poll(&table, 1);
	assert_int_equal(rule_starts(&table, KIDOS_ALERT_HIGH_VOLUME_SOURCE), 1);
	rule_table_close(&table);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "alerts: a port scan", test_port_scan, NULL, NULL, NULL },
		{ "alerts: who is answered scans nothing", test_answered, NULL, NULL, NULL },
		{ "alerts: an answer by another interface", test_answered_elsewhere, NULL, NULL,
		  NULL },
		{ "alerts: a SYN flood is no closed port", test_syn_flood, NULL, NULL, NULL },
		{ "alerts: a scanner among a million forged sources", test_forged, NULL, NULL,
		  NULL },
		{ "alerts: a flow's rate, its mean and its end", test_rate, NULL, NULL, NULL },
		{ "alerts: a burst within a poll", test_burst, NULL, NULL, NULL },
		{ "alerts: what is exempt", test_exempt, NULL, NULL, NULL },
		{ "alerts: addresses that are hidden", test_privacy, NULL, NULL, NULL },
		{ "alerts: a source of high volume among many", test_volume, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
