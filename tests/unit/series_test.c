/* SPDX-License-Identifier: MIT */
/*
 * Series of flows without a kernel: their names, the top of many, and that
 * what is sent gains what the totals gain and never runs backwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flows/series.h"

#define SLOTS 4

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

/* "tcp 10.0.0.1:80 10.0.0.2:1024" as a packet's source and destination. */
static struct kidos_flow_key flow_of(unsigned int slot, unsigned int direction, uint8_t protocol,
				     const char *src, uint16_t sport, const char *dst,
				     uint16_t dport)
{
	struct kidos_flow_key key = { .sport = sport, .dport = dport };
	struct kidos_prefix from, to;

	assert_true(kidos_prefix_parse(src, &from));
	assert_true(kidos_prefix_parse(dst, &to));
	key.src = from.address;
	key.dst = to.address;
	key.meta = protocol | slot << KIDOS_META_SLOT_SHIFT |
		   direction << KIDOS_META_DIRECTION_SHIFT | (from.ipv4 ? KIDOS_META_IPV4 : 0) |
		   7 << KIDOS_META_VLAN_SHIFT;
	return key;
}

static struct kidos_flow_settings *configure(struct kidos_config *config, unsigned int by,
					     const char *groups)
{
	const struct kidos_block *const blocks[] = { &kidos_flow_block, NULL };
	struct kidos_flow_settings *settings;
	char reason[KIDOS_REASON], text[256];
	struct kidos_value value = { .type = KIDOS_VALUE_STRING };

	assert_int_equal(kidos_config_init(config, blocks), 0);
	settings = kidos_config_settings(config, &kidos_flow_block);
	settings->flow_key = by;
	settings->top_flows = 5;
	snprintf(text, sizeof(text), "%s", groups);
	for (char *group = strtok(text, " "); group; group = strtok(NULL, " ")) {
		value.string = group;
		assert_int_equal(
			kidos_config_set(config, NULL, "Flows", "Group", &value, 1, reason), 0);
	}
	return settings;
}

static const struct {
	unsigned int by;
	const char *groups;
	uint8_t protocol;
	const char *remote;
	uint16_t rport;
	const char *local;
	uint16_t lport;
	const char *name; /* NULL: only in other */
	struct kidos_privacy privacy;
} named[] = {
	{ KIDOS_SERIES_FIVE_TUPLE,
	  "",
	  6,
	  "192.0.2.7",
	  50000,
	  "10.1.2.3",
	  443,
	  "flow_tcp_10.1.0.0p16_443_192.0.0.0p16_50000",
	  { .hidden_v4 = 16 } },
	{ KIDOS_SERIES_PREFIX,
	  "",
	  6,
	  "192.0.2.7",
	  50000,
	  "10.1.2.3",
	  443,
	  "flow_tcp_10.0.0.0p8_443_192.0.0.0p8_0",
	  { .hidden_v4 = 24 } },
	{ KIDOS_SERIES_FIVE_TUPLE,
	  "",
	  250,
	  "2001:db8::6666",
	  1,
	  "2001:db8:1111::7777",
	  2,
	  "flow_250_::p0_2_::p0_1",
	  { .hidden_v6 = 128 } },
	{ KIDOS_SERIES_PREFIX, "", 6, "192.0.2.7", 50000, "10.1.2.3", 443,
	  "flow_tcp_10.1.2.0p24_443_192.0.2.0p24_0" },
	{ KIDOS_SERIES_PREFIX, "", 17, "192.0.2.7", 53, "10.1.2.3", 40000,
	  "flow_udp_10.1.2.0p24_0_192.0.2.0p24_53" },
	{ KIDOS_SERIES_PREFIX, "", 17, "192.0.2.7", 123, "10.1.2.3", 123,
	  "flow_udp_10.1.2.0p24_123_192.0.2.0p24_123" },
	{ KIDOS_SERIES_PREFIX, "", 17, "192.0.2.7", 40000, "10.1.2.3", 50000,
	  "flow_udp_10.1.2.0p24_0_192.0.2.0p24_0" },
	{ KIDOS_SERIES_PREFIX, "10.0.0.0/8 10.1.0.0/16 192.0.2.7/32", 6, "192.0.2.7", 50000,
	  "10.1.2.3", 22, "flow_tcp_10.1.0.0p16_22_192.0.2.7_0" },
	{ KIDOS_SERIES_PREFIX, "::/0", 6, "192.0.2.7", 50000, "10.1.2.3", 22,
	  "flow_tcp_10.1.2.0p24_22_192.0.2.0p24_0" },
	{ KIDOS_SERIES_PREFIX, "", 58, "2001:db8:0:1::5", 77, "2001:db8:0:2::6", 0x8000,
	  "flow_icmpv6_2001:db8:0:2::p64_0_2001:db8:0:1::p64_0" },
	{ KIDOS_SERIES_PREFIX, "", 89, "192.0.2.7", 0, "10.1.2.3", 0,
	  "flow_ospf_10.1.2.0p24_0_192.0.2.0p24_0" },
	{ KIDOS_SERIES_FIVE_TUPLE, "10.0.0.0/8", 6, "192.0.2.7", 50000, "10.1.2.3", 443,
	  "flow_tcp_10.1.2.3_443_192.0.2.7_50000" },
	{ KIDOS_SERIES_FIVE_TUPLE, "", 250, "2001:db8:1111:2222:3333:4444:5555:6666", 65535,
	  "2001:db8:1111:2222:3333:4444:5555:7777", 65535,
	  "flow_250_2001:db8:1111:2222:3333:4444:5555:7777_65535_"
	  "2001:db8:1111:2222:3333:4444:5555:6666_65535" },
	{ KIDOS_SERIES_GROUP, "10.0.0.0/8 192.0.2.0/24", 6, "192.0.2.7", 50000, "10.1.2.3", 443,
	  "group_192.0.2.0p24" },
	{ KIDOS_SERIES_GROUP, "10.0.0.0/8", 6, "192.0.2.7", 50000, "10.1.2.3", 443,
	  "group_10.0.0.0p8" },
	{ KIDOS_SERIES_GROUP, "10.0.0.0/9", 6, "192.0.2.7", 50000, "10.200.2.3", 443, NULL },
};

static const struct kidos_privacy open_to_all;

/* The memory that is planned then has no room for them. */
static void test_not_enabled(void **state)
{
	struct kidos_flow_series series;
	struct kidos_config config;
	struct kidos_flow_settings *settings = configure(&config, KIDOS_SERIES_PREFIX, "");

	(void)state;
	for (int enabled = 0; enabled < 2; enabled++) {
		settings->enabled = enabled;
		assert_int_equal(kidos_series_init(&series, settings, &open_to_all, 4, 1), 0);
		assert_int_equal(kidos_series_wanted(&series), enabled);
		kidos_series_free(&series);
	}
	kidos_config_free(&config);
}

/* Both directions have the same key. */
static void test_names(void **state)
{
	struct kidos_series_key keys[KIDOS_DIRECTIONS];
	struct kidos_series_rule rule;
	struct kidos_config config;
	char name[KIDOS_SERIES_NAME];

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		struct kidos_flow_key rx = flow_of(3, KIDOS_RX, named[i].protocol, named[i].remote,
						   named[i].rport, named[i].local, named[i].lport);
		struct kidos_flow_key tx = flow_of(3, KIDOS_TX, named[i].protocol, named[i].local,
						   named[i].lport, named[i].remote, named[i].rport);

		/* An echo's identifier is in sport of request and reply. */
		if (named[i].protocol == 58)
			tx.sport = rx.sport;
		kidos_series_rule_init(&rule, configure(&config, named[i].by, named[i].groups),
				       &named[i].privacy);
		kidos_config_free(&config);
		assert_int_equal(kidos_series_key_of(&rule, &rx, &keys[0]), named[i].name != NULL);
		if (!named[i].name)
			continue;
		assert_true(kidos_series_key_of(&rule, &tx, &keys[1]));
		assert_true(kidos_series_equal(&keys[0], &keys[1]));
		kidos_series_name(&keys[0], name);
		assert_string_equal(name, named[i].name);
		assert_null(strchr(name, '/'));
	}
}

static void gain(struct kidos_flow_series *series, unsigned int slot, uint32_t remote,
		 unsigned int direction, uint64_t packets, uint64_t bytes)
{
	struct kidos_flow_key key = flow_of(slot, direction, 17, "10.0.0.1", 53, "10.0.0.1", 53);
	struct kidos_count count = { packets, bytes };

	if (direction == KIDOS_RX)
		key.src.words[3] = remote;
	else
		key.dst.words[3] = remote;
	kidos_series_add(series, &key, &count);
}

static struct kidos_series *series_of(const struct kidos_flow_series *series, unsigned int slot,
				      uint32_t remote)
{
	for (size_t i = 0; i < series->count; i++)
		if (series->items[i].key.slot == slot &&
		    series->items[i].key.remote.words[3] == remote)
			return &series->items[i];
	return NULL;
}

static const char *const instances[SLOTS] = { NULL, "eth0", "eth1", NULL };

static void choose(struct kidos_flow_series *series, uint64_t now)
{
	assert_int_equal(kidos_series_select(series, instances, now), 0);
}

static void start(struct kidos_flow_series *series, uint64_t top, uint64_t most)
{
	struct kidos_config config;
	struct kidos_flow_settings *settings = configure(&config, KIDOS_SERIES_FIVE_TUPLE, "");

	settings->top_flows = top;
	settings->max_flow_series = most;
	assert_int_equal(kidos_series_init(series, settings, &open_to_all, SLOTS, 42), 0);
	kidos_config_free(&config);
}

/* Twenty flows of 40 times a mouse's weight among a quarter of a million mice. */
static void test_top_among_many(void **state)
{
	struct kidos_flow_series series;
	unsigned int found = 0;

	(void)state;
	start(&series, 20, 100);
	kidos_series_begin(&series);
	for (uint32_t i = 1; i <= 250000; i++) {
		gain(&series, 1, i, KIDOS_RX, 1, 100);
		if (i % 250 == 0)
			gain(&series, 1, 1000000 + i % 5000, KIDOS_TX, 10, 1000);
	}
	choose(&series, 1000);
	for (uint32_t i = 0; i < 5000; i += 250)
		found += series_of(&series, 1, 1000000 + i) != NULL;
	assert_int_equal(series.count, 20);
	assert_int_equal(found, 20);
	kidos_series_free(&series);
}

/* By bytes and packets in turn, on each interface; one without a name is left out. */
static void test_top_is_exact(void **state)
{
	struct kidos_flow_series series;

	(void)state;
	start(&series, 4, 100);
	kidos_series_begin(&series);
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		for (uint32_t i = 1; i <= 200; i++)
			gain(&series, slot, i, i % 2, i, 1000000 - i);
	choose(&series, 1000);
	assert_int_equal(series.count, 8);
	for (unsigned int slot = 1; slot <= 2; slot++) {
		assert_non_null(series_of(&series, slot, 1));
		assert_non_null(series_of(&series, slot, 2));
		assert_non_null(series_of(&series, slot, 199));
		assert_non_null(series_of(&series, slot, 200));
	}
	kidos_series_free(&series);
}

/* Named ones count among the top: the fifth gets no name while four others are above it. */
static void test_named_count_among_top(void **state)
{
	struct kidos_flow_series series;

	(void)state;
	start(&series, 4, 100);
	for (int poll = 0; poll < 3; poll++) {
		kidos_series_begin(&series);
		for (uint32_t i = 1; i <= 5; i++)
			gain(&series, 1, i, KIDOS_RX, 100 - i, 1000 - i);
		choose(&series, 1000);
		assert_int_equal(series.count, 4);
	}
	assert_null(series_of(&series, 1, 5));
	kidos_series_free(&series);
}

static void test_names_are_bounded_and_age(void **state)
{
	struct kidos_flow_series series;

	(void)state;
	start(&series, 10, 3);
	kidos_series_begin(&series);
	for (uint32_t i = 1; i <= 5; i++)
		gain(&series, 1, i, KIDOS_RX, 10 * i, 1000 * i);
	choose(&series, 1000);
	assert_int_equal(series.count, 3);
	assert_true(series.refused);
	kidos_series_begin(&series);
	gain(&series, 1, 5, KIDOS_RX, 1, 1);
	choose(&series, 1000 + KIDOS_NAME_AGE / 2);
	kidos_series_begin(&series);
	gain(&series, 1, 6, KIDOS_RX, 10, 10);
	gain(&series, 2, 7, KIDOS_RX, 10, 10);
	gain(&series, 2, 8, KIDOS_RX, 1, 1);
	choose(&series, 1000 + KIDOS_NAME_AGE);
	assert_int_equal(series.count, 3);
	assert_non_null(series_of(&series, 1, 5)); /* seen half a day ago */
	assert_non_null(series_of(&series, 1, 6));
	assert_non_null(series_of(&series, 2, 7));
	assert_null(series_of(&series, 2, 8));
	kidos_series_free(&series);
}

/* What a back end has of one slot and direction. */
struct sums {
	uint64_t packets, bytes;
};

static struct sums sums_of(const struct kidos_flow_series *series, unsigned int slot,
			   unsigned int direction)
{
	struct sums sums = { series->slots[slot].other[direction].packets,
			     series->slots[slot].other[direction].bytes };

	for (size_t i = 0; i < series->count; i++) {
		if (series->items[i].key.slot != slot)
			continue;
		sums.packets += series->items[i].sent[direction].packets;
		sums.bytes += series->items[i].sent[direction].bytes;
	}
	return sums;
}

/* A series cannot run backwards: what it has sent is only added to. */
static void check_interval(const struct kidos_flow_series *series,
			   struct kidos_count totals[SLOTS][KIDOS_DIRECTIONS],
			   struct kidos_count other[SLOTS][KIDOS_DIRECTIONS])
{
	for (unsigned int slot = 1; slot < SLOTS - 1; slot++)
		for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
			struct sums now = sums_of(series, slot, d);
			const struct kidos_count *rest = &series->slots[slot].other[d];

			assert_int_equal(now.packets, totals[slot][d].packets);
			assert_int_equal(now.bytes, totals[slot][d].bytes);
			assert_true(rest->packets >= other[slot][d].packets);
			assert_true(rest->bytes >= other[slot][d].bytes);
			other[slot][d] = *rest;
		}
}

/*
 * Packets come to the totals first and are seen in their entries one or two
 * polls later; some never are. Whatever comes when, sums hold and nothing runs back.
 */
static void test_sums_hold(void **state)
{
	struct kidos_count totals[SLOTS][KIDOS_DIRECTIONS] = {},
			   other[SLOTS][KIDOS_DIRECTIONS] = {};
	uint64_t late[SLOTS][KIDOS_DIRECTIONS][8] = {}, held = 0;
	struct kidos_flow_series series;

	(void)state;
	start(&series, 5, 12);
	for (int poll = 0; poll < 20000; poll++) {
		kidos_series_begin(&series);
		for (unsigned int slot = 1; slot <= 2; slot++)
			for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
				for (uint32_t flow = 0; flow < 8; flow++) {
					uint64_t came = random_below(4) ? 0 : random_below(1000);
					uint64_t now = random_below(2) ? late[slot][d][flow] : 0;

					totals[slot][d].packets += came;
					totals[slot][d].bytes += 100 * came;
					if (now)
						gain(&series, slot, flow, d, now, 100 * now);
					late[slot][d][flow] += came - now;
				}
		choose(&series, 1000);
		for (unsigned int slot = 1; slot <= 2; slot++)
			kidos_series_totals(&series, slot, totals[slot]);
		kidos_series_settle(&series);
		check_interval(&series, totals, other);
		for (size_t i = 0; i < series.count; i++) {
			series.items[i].emitted++;
			held += series.items[i].waiting[0].packets > 0;
		}
	}
	/* The test means nothing if the totals always sufficed. */
	assert_true(held > 100);
	assert_int_equal(series.count, 12);
	kidos_series_free(&series);
}

/* All its packets come to a series in the end, but for those of its two zeros. */
static void test_what_waits_is_sent(void **state)
{
	static const unsigned int came[] = { 10, 10, 10, 4, 16 }, wanted[] = { 0, 0, 10, 14, 30 };
	struct kidos_count totals[KIDOS_DIRECTIONS] = {};
	struct kidos_flow_series series;

	(void)state;
	start(&series, 5, 12);
	for (int poll = 0; poll < 5; poll++) {
		kidos_series_begin(&series);
		gain(&series, 1, 1, KIDOS_RX, 10, 1000);
		choose(&series, 1000);
		totals[KIDOS_RX].packets += came[poll];
		totals[KIDOS_RX].bytes += 100 * came[poll];
		kidos_series_totals(&series, 1, totals);
		kidos_series_settle(&series);
		series.items[0].emitted++;
		assert_int_equal(series.items[0].sent[KIDOS_RX].packets, wanted[poll]);
	}
	assert_int_equal(series.slots[1].other[KIDOS_RX].packets, 20);
	assert_int_equal(series.items[0].waiting[KIDOS_RX].bytes, 0);
	kidos_series_free(&series);
}

/* Groups are there from the first poll on, at zero too, and need no names. */
static void test_groups(void **state)
{
	struct kidos_count totals[KIDOS_DIRECTIONS] = { { 10, 1000 }, {} };
	struct kidos_flow_series series;
	struct kidos_config config;
	struct kidos_flow_settings *settings =
		configure(&config, KIDOS_SERIES_GROUP, "10.0.0.0/8 192.0.2.0/24");

	(void)state;
	assert_int_equal(kidos_series_init(&series, settings, &open_to_all, SLOTS, 42), 0);
	kidos_config_free(&config);
	assert_true(kidos_series_wanted(&series));
	kidos_series_begin(&series);
	choose(&series, 1000);
	assert_int_equal(series.count, 4);
	kidos_series_begin(&series);
	gain(&series, 1, 0x0100000a, KIDOS_RX, 7, 700);
	choose(&series, 1000);
	kidos_series_totals(&series, 1, totals);
	kidos_series_settle(&series);
	assert_int_equal(series.count, 4);
	assert_int_equal(series.slots[1].other[KIDOS_RX].packets, 3);
	kidos_series_free(&series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "series: none without Flows / Enabled", test_not_enabled, NULL, NULL, NULL },
		{ "series: names, the same for both directions", test_names, NULL, NULL, NULL },
		{ "series: twenty heavy flows among 250,000", test_top_among_many, NULL, NULL,
		  NULL },
		{ "series: the top by bytes and packets of each interface", test_top_is_exact, NULL,
		  NULL, NULL },
		{ "series: named flows count among the top", test_named_count_among_top, NULL, NULL,
		  NULL },
		{ "series: names are bounded, and go to others by age",
		  test_names_are_bounded_and_age, NULL, NULL, NULL },
		{ "series: sums are the totals, nothing runs backwards", test_sums_hold, NULL, NULL,
		  NULL },
		{ "series: what waits is sent in the end", test_what_waits_is_sent, NULL, NULL,
		  NULL },
		{ "series: groups are sent from the first poll on", test_groups, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
