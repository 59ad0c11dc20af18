/* SPDX-License-Identifier: MIT */
/*
 * kidosctl drops: what it prints of maps whose contents are known, and filled
 * by hand, so that the oldest kernel says what the others would.
 *
 * kernels: none
 */
#include "ctl_drop_maps.h"
#include "ctl_run.h"

#include <bpf/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "abi_drop.h"

/* A daemon without drops: one line, and status goes on. Then the maps are pinned for the rest. */
static bool pinned;

static void pin_all(void)
{
	for (int i = 0; i < PINS; i++)
		drop_maps_pin((enum drop_pin)i);
	pinned = true;
}

/* Before every test but the first, which may not have been chosen. */
static int counted(void **state)
{
	(void)state;
	if (pinned)
		return 0;
	pin_all();
	drop_maps_fill();
	return 0;
}

static void test_not_counted(void **state)
{
	struct json_object *object;

	(void)state;
	assert_int_equal(ctl_run("drops"), 1);
	ctl_assert_says("kidosctl: this daemon counts no drops\n");
	assert_int_equal(ctl_run("status"), 0);
	ctl_assert_says("drops       not counted\n");
	assert_int_equal(ctl_run("summary"), 0);
	ctl_assert_says("Drops are not counted\n");
	object = ctl_run_json("status --json");
	assert_int_equal(json_object_get_boolean(ctl_at(object, "/drops/counted")), 0);
	json_object_put(object);
	pin_all();
	assert_int_equal(ctl_run("drops"), 0);
	ctl_assert_says("0 drops, 0 missed; 0 of 0 recent ones selected");
	drop_maps_fill();
}

static void test_events(void **state)
{
	static const char *const fields[] = { "time",   "reason",   "place",     "interface",
					      "class",  "protocol", "src",       "dst",
					      "sport",  "dport",    "ethertype", "length",
					      "owner",  "pid",      "command",   "uid",
					      "cgroup", "policy" };
	const size_t count = sizeof(fields) / sizeof(fields[0]);
	struct json_object *object = ctl_run_json("drops --json"), *drop;
	char before[64] = "9999";

	(void)state;
	assert_int_equal(ctl_number(object, "/total"), 1250);
	assert_int_equal(ctl_number(object, "/other"), 5);
	assert_int_equal(ctl_number(object, "/policy"), 11);
	assert_int_equal(ctl_number(object, "/missed"), 7);
	assert_int_equal(ctl_number(object, "/recent"), 22);
	assert_int_equal(json_object_array_length(ctl_at(object, "/drops")), 22);
	for (size_t i = 0; i < 22; i++) {
		drop = json_object_array_get_idx(ctl_at(object, "/drops"), i);
		assert_int_equal(json_object_object_length(drop), count);
		for (size_t field = 0; field < count; field++)
			assert_true(json_object_object_get_ex(drop, fields[field], NULL));
		assert_true(strcmp(ctl_text(drop, "/time"), before) < 0);
		snprintf(before, sizeof(before), "%s", ctl_text(drop, "/time"));
		/* Of CPU 1 and 0 in turn. */
		if (i < 20)
			assert_int_equal(!strcmp(ctl_text(drop, "/reason"), "900002"), i % 2 == 0);
	}
	assert_string_equal(ctl_text(object, "/drops/0/owner"), "socket");
	assert_string_equal(ctl_text(object, "/drops/0/command"), "a\\x1b[2J\\x0a\"\\x5c\\xff");
	assert_string_equal(ctl_text(object, "/drops/1/interface"), "lo");
	assert_string_equal(ctl_text(object, "/drops/20/class"), "arp");
	assert_null(ctl_text(object, "/drops/20/src"));
	assert_null(ctl_text(object, "/drops/20/interface"));
	assert_string_equal(ctl_text(object, "/drops/21/src"), "2001:db8::1");
	json_object_put(object);
}

/* The wall clock of a record is the boot clock's moment, to the millisecond that is printed. */
static void test_time(void **state)
{
	struct json_object *object = ctl_run_json("drops -j --limit 1");
	uint64_t wanted =
		clock_ns(CLOCK_REALTIME) - (clock_ns(CLOCK_BOOTTIME) - drop_maps.boot_ns) - SECOND;
	struct tm tm = {};
	unsigned int milliseconds;
	int64_t got;
	const char *rest = strptime(ctl_text(object, "/drops/0/time"), "%Y-%m-%dT%H:%M:%S", &tm);

	(void)state;
	assert_non_null(rest);
	assert_int_equal(sscanf(rest, ".%3uZ", &milliseconds), 1);
	got = (int64_t)timegm(&tm) * 1000 + milliseconds;
	assert_in_range(got - (int64_t)(wanted / 1000000) + 5, 0, 10);
	assert_int_equal(ctl_number(object, "/rows"), 22);
	assert_true(json_object_get_boolean(ctl_at(object, "/cut")));
	json_object_put(object);
}

static void test_text(void **state)
{
	(void)state;
	assert_int_equal(ctl_run("drops --limit 3"), 0);
	ctl_assert_says(
		"1250 drops, 7 missed, 11 by kidos's policy; 22 of 22 recent ones selected\n");
	ctl_assert_says("OWNER\n");
	ctl_assert_says("203.0.113.9:40009  192.0.2.1:22");
	ctl_assert_says("  a\\x1b[2J\\x0a\"\\x5c\\xff[4242]\n");
	assert_null(strchr(ctl_output, '\033'));
	setenv("TZ", "Asia/Kolkata", 1);
	assert_int_equal(ctl_run("drops --limit 1"), 0);
	ctl_assert_says("+05:30  ");
	unsetenv("TZ");
}

static void test_selected(void **state)
{
	static const struct {
		const char *options;
		int drops;
	} cases[] = {
		{ "--interface lo", 21 },
		{ "--interface nowhere", 0 },
		{ "--reason 900001", 12 },
		{ "--reason 900002", 10 },
		{ "--reason 900003", 0 },
		{ "--place 0x1000", 12 },
		{ "--place nowhere", 0 },
		{ "--host 203.0.113.9", 20 },
		{ "--host 203.0.113.9 --host 192.0.2.1", 20 },
		{ "--prefix 2001:db8::/32", 1 },
		{ "--port 22", 20 },
		{ "--port 40003", 2 },
		{ "--src 203.0.113.9", 20 },
		{ "--src 192.0.2.1", 0 },
		{ "--dst 192.0.2.0/24", 20 },
		{ "--dst ::/0", 1 },
		{ "--src 0.0.0.0/0 --dst ::/0", 0 },
		{ "--sport 40003", 2 },
		{ "--dport 22", 20 },
		{ "--dport 40003", 0 },
		{ "--sport 40003 --dport 22 --src 203.0.113.9", 2 },
		{ "--proto tcp", 20 },
		{ "--proto arp", 1 },
		{ "--proto icmpv6", 1 },
		{ "--proto 89", 0 },
		{ "--pid 4242", 10 },
		{ "--since 1h", 20 },
		{ "--since 3h", 22 },
		{ "--since 2200-01-01T00:00:00Z", 0 },
		{ "--proto tcp --pid 4242 --reason 900002 --since 1h", 10 },
		{ "--proto tcp --pid 4242 --reason 900001", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *object;
		char command[256];

		snprintf(command, sizeof(command), "drops --json %s", cases[i].options);
		print_message("# %s\n", command);
		object = ctl_run_json(command);
		assert_int_equal(json_object_array_length(ctl_at(object, "/drops")),
				 cases[i].drops);
		assert_int_equal(ctl_number(object, "/rows"), cases[i].drops);
		assert_false(json_object_get_boolean(ctl_at(object, "/cut")));
		json_object_put(object);
	}
}

/* Group by group: "NAME=COUNT ..." in order. */
static void assert_groups(const char *options, const char *wanted)
{
	struct json_object *object, *groups;
	char command[256], by[32], got[512] = "";
	size_t length = 0;

	snprintf(command, sizeof(command), "drops --json --by %s", options);
	snprintf(by, sizeof(by), "/%.*s", (int)strcspn(options, " "), options);
	object = ctl_run_json(command);
	groups = ctl_at(object, "/groups");
	for (size_t i = 0; i < json_object_array_length(groups); i++) {
		struct json_object *group = json_object_array_get_idx(groups, i);

		length += (size_t)snprintf(got + length, sizeof(got) - length, "%s%s=%d",
					   i ? " " : "", ctl_text(group, by),
					   (int)ctl_number(group, "/packets"));
	}
	print_message("# %s\n", command);
	assert_string_equal(got, wanted);
	json_object_put(object);
}

static void test_groups(void **state)
{
	(void)state;
	assert_groups("reason", "900001=1200 900002=30 900001 (kidos)=11 other=5 unknown=4");
	assert_groups("place", "0x1000=1011 0x2000=230 other=5 -=4");
	assert_groups("proto", "tcp=1011 udp=205 arp=30 other=4");
	assert_groups("reason --proto udp", "900001=200 other=5");
	assert_groups("reason --interface lo", "900001=1200 900001 (kidos)=11");
	assert_groups("place --reason 900001", "0x1000=1011 0x2000=200");
	/* Of the recent drops. */
	assert_groups("reason --port 22", "900001=10 900002=10");
	assert_groups("reason --since 3h", "900001=12 900002=10");
	assert_groups("reason --sport 40003", "900001=1 900002=1");
	assert_groups("reason --dst 2001:db8::/32", "900001=1");
	assert_groups("host --proto tcp", "192.0.2.1=20 203.0.113.9=20");
	assert_groups("src", "203.0.113.9=20 -=1 2001:db8::1=1");
	assert_groups("port --port 40003", "tcp/22=2 tcp/40003=2");
	assert_groups("port --proto icmpv6", "icmpv6 128/0=1");
	assert_groups("process --since 1h", "-=10 a\\x1b[2J\\x0a\"\\x5c\\xff[4242]=10");
	assert_int_equal(ctl_run("drops --by interface"), 0);
	ctl_assert_says("netns ");
	ctl_assert_says("lo   ");
	assert_int_equal(ctl_run("drops --by reason"), 0);
	ctl_assert_says("96.0 %");
}

/* 20 s at most, should a failure keep the test from ending it. */
static pid_t start_drops(void)
{
	pid_t writer = fork();

	assert_true(writer >= 0);
	if (writer)
		return writer;
	for (uint64_t i = 1; i < 20000; i++) {
		drop_maps_count(REASON_B, PLACE_B, KIDOS_CLASS_ARP, 0, false, 30 + 10 * i);
		usleep(1000);
	}
	_exit(0);
}

static void stop_drops(pid_t writer)
{
	assert_int_equal(kill(writer, SIGTERM), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	drop_maps_count(REASON_B, PLACE_B, KIDOS_CLASS_ARP, 0, false, 30);
}

/* Three polls; drops come meanwhile. */
static void test_watch(void **state)
{
	pid_t writer = start_drops();
	char *second;

	(void)state;
	assert_int_equal(ctl_run_until("drops --by reason --watch 0.2", 21), 0);
	stop_drops(writer);
	second = strstr(ctl_output, "DROPS/S\n");
	assert_non_null(second);
	*second = '\0';
	ctl_assert_says(", 0/s");
	assert_non_null(strstr(second + 1, "DROPS/S\n"));
	assert_null(strstr(second + 1, ", 0/s"));
}

/* In the first line the rate is null, in the third there is one. */
static void assert_rate(const char *arguments, const char *path)
{
	struct json_object *first, *third;

	ctl_run_watch(arguments);
	first = ctl_line(0);
	third = ctl_line(2);
	print_message("# %s %s: %s\n", arguments, path, ctl_text(third, path));
	assert_null(ctl_at(first, path));
	assert_true(json_object_get_double(ctl_at(third, path)) > 0);
	assert_string_not_equal(ctl_text(first, "/time"), ctl_text(third, "/time"));
	json_object_put(first);
	json_object_put(third);
}

static void test_rates(void **state)
{
	pid_t writer = start_drops();

	(void)state;
	assert_rate("drops --reason 900002 --by reason", "/groups/0/packets_per_second");
	assert_rate("drops", "/packets_per_second");
	assert_rate("status", "/drops/packets_per_second");
	assert_rate("summary", "/drops/packets_per_second");
	stop_drops(writer);
}

static void test_brief(void **state)
{
	struct json_object *object = ctl_run_json("status --json");

	(void)state;
	assert_int_equal(ctl_number(object, "/drops/total"), 1250);
	assert_int_equal(ctl_number(object, "/drops/missed"), 7);
	assert_int_equal(ctl_number(object, "/drops/reasons/900001"), 1200);
	assert_string_equal(ctl_text(object, "/drops/rung"), "a test's rung");
	json_object_put(object);
	assert_int_equal(ctl_run("status"), 0);
	ctl_assert_says("drops       a test's rung: 1250 counted, 7 missed; most: "
			"900001 1200\n            cannot see the dark\\x0a\\x1b\n");
	assert_int_equal(ctl_run("summary"), 0);
	ctl_assert_says(
		"Drops: 1250, missed 7\n  900001 1200, 900002 30, 900001 (kidos) 11, other 5, "
		"unknown 4\n");
	object = ctl_run_json("summary --json");
	assert_int_equal(ctl_number(object, "/drops/total"), 1250);
	json_object_put(object);
}

/* Without the right to write, the rings are copied. */
static void test_member(void **state)
{
	char command[128];
	int status;

	(void)state;
	snprintf(command, sizeof(command), "chgrp -R %d %s", MEMBERS, ctl_path);
	assert_int_equal(system(command), 0);
	status = ctl_run_as_member(MEMBERS, "drops --limit 3");
	if (status && strstr(ctl_output, "Operation not permitted")) {
		print_message("# this kernel closes bpf() to whoever lacks CAP_BPF\n");
		return;
	}
	assert_int_equal(status, 0);
	ctl_assert_says("; 22 of 22 recent ones selected");
}

static void test_exit_status(void **state)
{
	char path[sizeof(ctl_path)];

	(void)state;
	assert_int_equal(ctl_run("drops --by nothing"), 2);
	assert_int_equal(ctl_run("drops --since never"), 2);
	ctl_assert_says("usage: ");
	assert_int_equal(ctl_run("drops extra"), 2);
	memcpy(path, ctl_path, sizeof(path));
	strcpy(ctl_path, "/sys/fs/bpf/kt-drops-nothing");
	assert_int_equal(ctl_run("drops"), 3);
	ctl_assert_says("no daemon");
	memcpy(ctl_path, path, sizeof(path));
}

/* A value of another size would be read beyond its end. */
static void test_other_abi(void **state)
{
	char path[128];
	int wide = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wide", 4, 4096, 1, NULL);

	(void)state;
	assert_true(wide >= 0);
	snprintf(path, sizeof(path), "%s/drop_state", ctl_path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bpf_obj_pin(wide, path), 0);
	close(wide);
	assert_int_equal(ctl_run("drops"), 1);
	ctl_assert_says("another version of kidos");
	assert_int_equal(unlink(path), 0);
	drop_maps_pin(STATE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "kidosctl drops: not counted", test_not_counted, NULL, NULL, NULL },
		{ "kidosctl drops: one by one", test_events, counted, NULL, NULL },
		{ "kidosctl drops: time", test_time, counted, NULL, NULL },
		{ "kidosctl drops: text", test_text, counted, NULL, NULL },
		{ "kidosctl drops: selected", test_selected, counted, NULL, NULL },
		{ "kidosctl drops: groups", test_groups, counted, NULL, NULL },
		{ "kidosctl drops: watched", test_watch, counted, NULL, NULL },
		{ "kidosctl drops: rates as JSON", test_rates, counted, NULL, NULL },
		{ "kidosctl drops: in status and summary", test_brief, counted, NULL, NULL },
		{ "kidosctl drops: a member of the group", test_member, counted, NULL, NULL },
		{ "kidosctl drops: exit status", test_exit_status, counted, NULL, NULL },
		{ "kidosctl drops: maps of another version", test_other_abi, counted, NULL, NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP making maps needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kidosctl drops", tests, drop_maps_setup,
					   drop_maps_teardown) != 0;
}
