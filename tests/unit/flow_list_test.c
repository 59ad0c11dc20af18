/* SPDX-License-Identifier: MIT */
/* Lists of flows: filters, sorts, groups, rates, texts, and the man page against the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/flow_key.h"
#include "core/text.h"
#include "document.h"
#include "flows/ctl.h"
#include "flows/history.h"
#include "kidosctl/commands.h"
#include "state/health.h"

static struct kidos_flow_key key_of(const char *src, unsigned int sport, const char *dst,
				    unsigned int dport, unsigned int protocol)
{
	struct kidos_flow_key key = { .sport = (__u16)sport, .dport = (__u16)dport };
	struct kidos_prefix prefix;

	assert_true(kidos_prefix_parse(src, &prefix));
	key.src = prefix.address;
	key.meta = protocol | (prefix.ipv4 ? KIDOS_META_IPV4 : 0);
	assert_true(kidos_prefix_parse(dst, &prefix));
	key.dst = prefix.address;
	return key;
}

/* What an option says, through the table that the program uses. */
static bool set(struct ctl_flow_settings *settings, const char *name, const char *value)
{
	for (const struct ctl_option *option = ctl_flow_options; option->name; option++)
		if (!strcmp(option->name, name))
			return option->set((char *)settings + option->field, value);
	fail_msg("no option %s", name);
	return false;
}

static void test_filter(void **state)
{
	static const struct {
		const char *option, *value;
		bool tcp4, udp6, icmp; /* does it match them? */
	} cases[] = {
		{ "proto", "tcp", true, false, false },
		{ "proto", "17", false, true, false },
		{ "proto", "ICMP", false, false, true },
		{ "host", "10.1.2.3", true, false, false },
		{ "host", "2001:db8::1", false, true, false },
		{ "host", "10.9.9.9", false, false, true },
		{ "port", "443", true, true, false },
		{ "port", "2048", false, false, false }, /* the echo's type and code */
		{ "prefix", "10.1.0.0/16", true, false, false },
		{ "prefix", "0.0.0.0/0", true, false, true },
		{ "prefix", "::/0", false, true, false },
		{ "prefix", "2001:db8:0:1::/63", false, true, false },
		{ "prefix", "10.1.2.4/31", false, false, false },
		{ "prefix", "10.9.9.8/31", false, false, true },
		{ "direction", "rx", true, true, true },
		{ "direction", "tx", false, false, false },
		{ "src", "10.1.2.3", true, false, false },
		{ "src", "192.0.2.1", false, false, false }, /* a destination */
		{ "src", "10.0.0.0/8", true, false, true },
		{ "src", "2001:db8::/32", false, true, false },
		{ "dst", "192.0.2.0/24", true, false, true },
		{ "dst", "fe80::/10", false, true, false },
		{ "dst", "0.0.0.0/0", true, false, true },
		{ "sport", "443", false, true, false },
		{ "dport", "443", true, false, false },
		{ "dport", "9", false, true, false },
		{ "dport", "2048", false, false, false },
		{ "sport", "7", false, false, false }, /* the echo's identifier */
		{ "vlan", "0", true, false, true },
		{ "vlan", "4094", false, true, false },
		{ "vlan", "1", false, false, false },
	};
	struct kidos_flow_key tcp4 = key_of("10.1.2.3", 50000, "192.0.2.1", 443, 6);
	struct kidos_flow_key udp6 = key_of("2001:db8::1", 443, "fe80::9", 9, 17);
	struct kidos_flow_key icmp = key_of("10.9.9.9", 7, "192.0.2.2", 0x0800, 1);

	(void)state;
	udp6.meta |= 4094u << KIDOS_META_VLAN_SHIFT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_flow_settings settings = ctl_flow_defaults;

		assert_true(set(&settings, cases[i].option, cases[i].value));
		print_message("# --%s %s\n", cases[i].option, cases[i].value);
		assert_int_equal(kidos_flow_matches(&settings.filter, &tcp4), cases[i].tcp4);
		assert_int_equal(kidos_flow_matches(&settings.filter, &udp6), cases[i].udp6);
		assert_int_equal(kidos_flow_matches(&settings.filter, &icmp), cases[i].icmp);
	}
}

static void test_filter_both_ends(void **state)
{
	struct kidos_flow_key key = key_of("10.1.2.3", 50000, "192.0.2.1", 443, 6);
	struct ctl_flow_settings settings = ctl_flow_defaults;
	bool slots[KIDOS_SLOTS_MAX] = { [3] = true };

	(void)state;
	assert_true(set(&settings, "host", "192.0.2.1"));
	assert_true(set(&settings, "host", "10.1.2.3"));
	assert_true(set(&settings, "port", "443"));
	assert_true(kidos_flow_matches(&settings.filter, &key));
	assert_true(set(&settings, "port", "444"));
	assert_false(kidos_flow_matches(&settings.filter, &key));
	settings.filter.port_count = 0;
	assert_true(set(&settings, "src", "10.1.2.0/24"));
	assert_true(set(&settings, "sport", "50000"));
	assert_true(set(&settings, "dst", "192.0.2.1"));
	assert_true(set(&settings, "dport", "443"));
	assert_true(kidos_flow_matches(&settings.filter, &key));
	assert_true(set(&settings, "dport", "50000"));
	assert_false(kidos_flow_matches(&settings.filter, &key));
	assert_true(set(&settings, "dport", "443"));
	settings.filter.slots = slots;
	assert_false(kidos_flow_matches(&settings.filter, &key));
	key.meta |= 3u << KIDOS_META_SLOT_SHIFT;
	assert_true(kidos_flow_matches(&settings.filter, &key));
}

static void test_wrong_values(void **state)
{
	static const struct {
		const char *option, *value;
	} cases[] = {
		{ "proto", "256" },
		{ "proto", "tcpp" },
		{ "proto", "" },
		{ "host", "10.0.0.0/8" },
		{ "host", "host.name" },
		{ "host", "1.2.3" },
		{ "port", "0" },
		{ "port", "65536" },
		{ "port", "-1" },
		{ "port", "80x" },
		{ "prefix", "10.0.0.0/33" },
		{ "prefix", "::/129" },
		{ "prefix", "10.0.0.0/" },
		{ "direction", "in" },
		{ "sort", "size" },
		{ "limit", "many" },
		{ "limit", "-1" },
		{ "group", "none" },
		{ "group", "prefix" },
		{ "group", "24,129" },
		{ "group", "33,64" },
		{ "group", "129" },
		{ "watch", "0" },
		{ "watch", "1s" },
		{ "watch", "nan" },
		{ "interface", "" },
		{ "src", "10.0.0.0/33" },
		{ "dst", "" },
		{ "sport", "0" },
		{ "dport", "65536" },
		{ "vlan", "4096" },
		{ "vlan", "-1" },
		{ "vlan", "" },
		{ "since", "yesterday" },
		{ "since", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ctl_flow_settings settings = ctl_flow_defaults;

		print_message("# --%s \"%s\"\n", cases[i].option, cases[i].value);
		assert_false(set(&settings, cases[i].option, cases[i].value));
	}
}

/* The heap against a full sort, for every sort and several limits, many ties included. */
static void test_top(void **state)
{
	enum { ROWS = 2000 };
	static struct kidos_flow_row rows[ROWS];
	static const size_t limits[] = { 1, 2, 7, 50, ROWS - 1, ROWS, 3 * ROWS };

	(void)state;
	srandom(1);
	for (unsigned int i = 0; i < ROWS; i++) {
		rows[i].view.key.sport = (__u16)i;
		rows[i].view.bytes = (uint64_t)random() % 100;
		rows[i].view.packets = (uint64_t)random() % 10;
		rows[i].view.first_ns = (uint64_t)random();
		rows[i].view.last_ns = (uint64_t)random();
	}
	for (int sort = 0; sort < KIDOS_SORTS; sort++) {
		struct kidos_flow_top all = { .sort = (enum kidos_flow_sort)sort };

		for (size_t i = 0; i < ROWS; i++)
			assert_true(kidos_flow_top_offer(&all, &rows[i]));
		kidos_flow_top_finish(&all);
		for (size_t i = 1; i < ROWS; i++)
			assert_true(kidos_flow_row_compare(&all.rows[i - 1], &all.rows[i],
							   all.sort) > 0);
		for (size_t l = 0; l < sizeof(limits) / sizeof(limits[0]); l++) {
			struct kidos_flow_top top = { .sort = all.sort, .limit = limits[l] };

			for (size_t i = 0; i < ROWS; i++)
				assert_true(kidos_flow_top_offer(&top, &rows[i]));
			kidos_flow_top_finish(&top);
			assert_int_equal(top.count, limits[l] < ROWS ? limits[l] : ROWS);
			assert_memory_equal(top.rows, all.rows, top.count * sizeof(*top.rows));
			kidos_flow_top_free(&top);
		}
		kidos_flow_top_free(&all);
	}
}

static void test_groups(void **state)
{
	static const struct {
		const char *by;
		const char *name; /* of one group */
		size_t groups;
		uint64_t flows, packets, bytes; /* of that one */
	} cases[] = {
		{ "src", "10.0.0.1", 3, 2, 3, 300 },  { "dst", "192.0.2.1", 3, 2, 3, 300 },
		{ "host", "10.0.0.1", 5, 2, 3, 300 }, { "port", "443", 4, 3, 7, 700 },
		{ "proto", "tcp", 2, 3, 7, 700 },     { "16", "10.0.0.0/16", 4, 2, 3, 300 },
		{ "8", "10.0.0.0/8", 3, 3, 7, 700 },
	};
	const struct {
		struct kidos_flow_key key;
		uint64_t packets;
	} flows[] = {
		{ key_of("10.0.0.1", 1000, "192.0.2.1", 443, 6), 1 },
		{ key_of("10.0.0.1", 1001, "192.0.2.1", 443, 6), 2 },
		{ key_of("10.5.0.1", 443, "10.5.0.1", 443, 6), 4 },
		{ key_of("2001:db8::1", 7, "2001:db8::2", 0x8000, 58), 8 },
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct kidos_flow_groups groups = { .seed = c };
		bool found = false;

		assert_true(kidos_flow_grouping_parse(cases[c].by, &groups.grouping));
		for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
			struct kidos_flow_row row = { .flows = 1 };

			row.view.key = flows[i].key;
			/* Slot, direction and VLAN part no group but an interface's. */
			row.view.key.meta |= (__u32)i << KIDOS_META_SLOT_SHIFT |
					     (__u32)i << KIDOS_META_VLAN_SHIFT;
			row.view.packets = flows[i].packets;
			row.view.bytes = 100 * flows[i].packets;
			assert_true(kidos_flow_groups_add(&groups, &row));
		}
		print_message("# --group %s: %zu groups\n", cases[c].by, groups.count);
		for (size_t i = 0; i < groups.count; i++) {
			const struct kidos_flow_row *row = &groups.rows[i];
			char name[KIDOS_TEXT_GROUP];

			kidos_flow_group_text(&groups.grouping, &row->view.key, name);
			if (strcmp(name, cases[c].name))
				continue;
			found = true;
			assert_int_equal(row->flows, cases[c].flows);
			assert_int_equal(row->view.packets, cases[c].packets);
			assert_int_equal(row->view.bytes, cases[c].bytes);
		}
		assert_true(found);
		assert_int_equal(groups.count, cases[c].groups);
		kidos_flow_groups_free(&groups);
	}
}

static void test_many_groups(void **state)
{
	struct kidos_flow_groups groups = { .grouping.by = KIDOS_GROUP_SRC, .seed = 99 };
	uint64_t flows = 0;

	(void)state;
	for (unsigned int i = 0; i < 30000; i++) {
		struct kidos_flow_row row = { .flows = 1, .view.bytes = 1 };

		row.view.key.src.words[3] = i % 10000;
		assert_true(kidos_flow_groups_add(&groups, &row));
	}
	assert_int_equal(groups.count, 10000);
	for (size_t i = 0; i < groups.count; i++) {
		assert_int_equal(groups.rows[i].flows, 3);
		flows += groups.rows[i].flows;
	}
	assert_int_equal(flows, 30000);
	kidos_flow_groups_free(&groups);
}

static void look(struct kidos_flow_history *history, uint64_t now, struct kidos_flow_row *row,
		 uint64_t packets, uint64_t new_packets)
{
	assert_true(kidos_flow_history_begin(history, 1000, now));
	row->view.packets = packets;
	row->view.bytes = 100 * packets;
	kidos_flow_history_apply(history, 5, row);
	assert_int_equal(row->new_packets, new_packets);
	assert_int_equal(row->new_bytes, 100 * new_packets);
}

static void test_history(void **state)
{
	struct kidos_flow_history history = {};
	struct kidos_flow_row row = { .view.first_ns = 50 }, later = { .view.first_ns = 2500 };

	(void)state;
	look(&history, 1000, &row, 10, 0); /* nothing to compare with */
	look(&history, 2000, &row, 15, 5);
	look(&history, 3000, &row, 15, 0);
	look(&history, 4000, &row, 4, 4); /* evicted and back */
	later.view.key.sport = 1;
	later.view.packets = 3;
	kidos_flow_history_apply(&history, 5, &later); /* the same place, begun before the look */
	assert_int_equal(later.new_packets, 0);
	later.view.key.sport = 2;
	later.view.first_ns = 3500;
	kidos_flow_history_apply(&history, 5, &later); /* begun since */
	assert_int_equal(later.new_packets, 3);
	kidos_flow_history_free(&history);
}

static void test_text(void **state)
{
	char text[64], tiny[6];
	uint64_t number;

	(void)state;
	kidos_text_escape("eth0\033[2J\n\x9b\\", text, sizeof(text));
	assert_string_equal(text, "eth0\\x1b[2J\\x0a\\x9b\\x5c");
	kidos_text_escape("abc\n", tiny, sizeof(tiny));
	assert_string_equal(tiny, "abc");
	kidos_text_utc(1700000000123456789u, text);
	assert_string_equal(text, "2023-11-14T22:13:20.123Z");
	setenv("TZ", "XXX-05:30", 1);
	tzset();
	kidos_text_local(1700000000123456789u, text);
	assert_string_equal(text, "2023-11-15 03:43:20.123+05:30");
	unsetenv("TZ");
	tzset();
	kidos_text_scaled(999, false, text);
	assert_string_equal(text, "999");
	kidos_text_scaled(12345678, false, text);
	assert_string_equal(text, "12.3M");
	kidos_text_scaled(128 << 20, true, text);
	assert_string_equal(text, "128.0Mi");
	assert_true(kidos_text_number("18446744073709551615", 0, UINT64_MAX, &number));
	assert_false(kidos_text_number("18446744073709551616", 0, UINT64_MAX, &number));
	assert_false(kidos_text_number(" 1", 0, 9, &number));
}

static void test_health(void **state)
{
	const uint64_t second = 1000000000;
	struct kidos_meta meta = { .pid = 7, .interval_ns = second, .started_ns = 100 * second };
	char why[KIDOS_TEXT_HEALTH];

	(void)state;
	assert_int_equal(kidos_health(&meta, true, 101 * second, why), KIDOS_STARTING);
	assert_int_equal(kidos_health(&meta, true, 130 * second, why), KIDOS_STARTING);
	assert_int_equal(kidos_health(&meta, true, 131 * second, why), KIDOS_STALE);
	meta.last_poll_ns = 110 * second;
	assert_int_equal(kidos_health(&meta, true, 113 * second, why), KIDOS_ALIVE);
	assert_int_equal(kidos_health(&meta, true, 113 * second + 1, why), KIDOS_STALE);
	assert_int_equal(kidos_health(&meta, true, 90 * second, why), KIDOS_ALIVE);
	assert_int_equal(kidos_health(&meta, false, 110 * second, why), KIDOS_STALE);
	assert_string_equal(why, "process 7 is gone");
}

static void find_in(const char *page, const char *macro, const char *name)
{
	char line[64];

	snprintf(line, sizeof(line), "\n.%s %s", macro, name);
	print_message("# %s\n", line + 1);
	assert_non_null(strstr(page, line));
}

/* The options of a subcommand in its own section of the page; returns how many there are. */
static size_t find_options(const char *page, const struct ctl_command *command)
{
	const struct ctl_option *option = command->options;
	const char *begin, *end;
	char title[40], *section;

	snprintf(title, sizeof(title), "\n.Ss Options of %s\n", command->name);
	begin = strstr(page, title);
	if (!option->name) {
		assert_null(begin);
		return 0;
	}
	assert_non_null(begin);
	end = strstr(begin, "\n.El\n");
	assert_non_null(end);
	section = strndup(begin, (size_t)(end - begin) + 1);
	for (; option->name; option++) {
		char line[64];

		snprintf(line, sizeof(line), "Fl -%s%s", option->name, option->argument ? " " : "");
		find_in(section, "It", line);
	}
	free(section);
	return (size_t)(option - command->options);
}

/* Every subcommand and option has its entry in the man page, and none is invented there. */
static void test_man_page(void **state)
{
	char *page = document_read("plugin/kidosctl.8");
	size_t options = 0, entries = 0;

	(void)state;
	for (size_t i = 0; ctl_commands[i]; i++) {
		find_in(page, "It Cm", ctl_commands[i]->name);
		options += find_options(page, ctl_commands[i]);
	}
	for (const char *at = page; (at = strstr(at, "\n.It Fl -")); at++)
		entries++;
	free(page);
	assert_int_equal(entries, options + 1); /* and --state */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "flow list: filters", test_filter, NULL, NULL, NULL },
		{ "flow list: both ends", test_filter_both_ends, NULL, NULL, NULL },
		{ "flow list: wrong values are refused", test_wrong_values, NULL, NULL, NULL },
		{ "flow list: the first rows of a sort", test_top, NULL, NULL, NULL },
		{ "flow list: groups", test_groups, NULL, NULL, NULL },
		{ "flow list: ten thousand groups", test_many_groups, NULL, NULL, NULL },
		{ "flow list: what is new since the last look", test_history, NULL, NULL, NULL },
		{ "flow list: foreign strings, times, numbers", test_text, NULL, NULL, NULL },
		{ "flow list: alive, starting, stale", test_health, NULL, NULL, NULL },
		{ "flow list: the man page has every option", test_man_page, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("flow list", tests, NULL, NULL) != 0;
}
