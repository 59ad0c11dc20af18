/* SPDX-License-Identifier: MIT */
/*
 * kidosctl on a state directory made here: what it prints of frames of known kinds. One
 * kernel with each kind of map for flows.
 *
 * kernels: none
 */
#include "ctl_maps.h"
#include "ctl_run.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define MANY 1000000
#define MANY_EMULATED 20000 /* where a test run takes a hundred times as long */

static size_t count_flows(const char *options)
{
	char command[256];
	struct json_object *object;
	size_t count;

	snprintf(command, sizeof(command), "flows --json --limit 0 %s", options);
	object = ctl_run_json(command);
	count = json_object_array_length(ctl_at(object, "/flows"));
	json_object_put(object);
	return count;
}

static void test_status(void **state)
{
	struct json_object *object;

	(void)state;
	assert_int_equal(ctl_run("status"), 0);
	ctl_assert_says("alive: process ");
	ctl_assert_says("kt:lo\\x1b[2J ");
	ctl_assert_says("xdp-native");
	ctl_assert_says(" 3 ");
	object = ctl_run_json("status --json");
	assert_int_equal(ctl_number(object, "/daemon/pid"), getpid());
	assert_string_equal(json_object_get_string(ctl_at(object, "/daemon/state")), "alive");
	assert_int_equal(ctl_number(object, "/interfaces/0/tx/unaccounted"), 3);
	assert_null(ctl_at(object, "/interfaces/0/rx/unaccounted")); /* not measured */
	assert_string_equal(json_object_get_string(ctl_at(object, "/interfaces/0/rx/rung")),
			    "xdp-native");
	json_object_put(object);
}

static void test_summary(void **state)
{
	struct json_object *object = ctl_run_json("summary --json");

	(void)state;
	assert_int_equal(ctl_number(object, "/interfaces/0/classes/tcp/rx/packets"), TCP_PACKETS);
	assert_int_equal(ctl_number(object, "/interfaces/0/classes/udp/tx/packets"), UDP_FLOWS);
	assert_int_equal(ctl_number(object, "/total/rx/packets"), TCP_PACKETS);
	assert_int_equal(json_object_array_length(ctl_at(object, "/flows")), 10);
	assert_int_equal(ctl_number(object, "/flows/0/packets"), 3);
	json_object_put(object);
	assert_int_equal(ctl_run("summary"), 0);
	ctl_assert_says("Total (interfaces with a device behind them: 1)");
	ctl_assert_says("Top flows by bytes, 10 of 65");
	assert_null(strchr(ctl_output, '\033'));
}

static void test_flows_json(void **state)
{
	static const char *const fields[] = { "interface", "direction",   "protocol", "src",
					      "dst",       "sport",       "dport",    "vlan",
					      "packets",   "bytes",       "first",    "last",
					      "tcp_flags", "community_id" };
	const size_t count = sizeof(fields) / sizeof(fields[0]);
	struct json_object *object = ctl_run_json("flows --json"),
			   *flow = ctl_at(object, "/flows/0");
	int64_t before = INT64_MAX;

	(void)state;
	assert_int_equal(json_object_array_length(ctl_at(object, "/flows")), 50);
	assert_int_equal(ctl_number(object, "/rows"), TCP_FLOWS + UDP_FLOWS);
	assert_true(json_object_get_boolean(ctl_at(object, "/cut")));
	assert_non_null(ctl_text(object, "/time"));
	assert_int_equal(json_object_object_length(flow), count);
	for (size_t i = 0; i < count; i++)
		assert_true(json_object_object_get_ex(flow, fields[i], NULL));
	for (size_t i = 0; i < 50; i++) {
		int64_t bytes;

		flow = json_object_array_get_idx(ctl_at(object, "/flows"), i);
		bytes = ctl_number(flow, "/bytes");
		assert_true(bytes <= before && bytes > 0);
		before = bytes;
	}
	json_object_put(object);
}

/* "2026-11-21T06:52:01.123Z" to seconds since the epoch. */
static double seconds_of(struct json_object *flow, const char *path)
{
	struct tm tm = {};
	char *rest = strptime(json_object_get_string(ctl_at(flow, path)), "%Y-%m-%dT%H:%M:%S", &tm);

	assert_non_null(rest);
	return (double)timegm(&tm) + strtod(rest, NULL);
}

/*
 * The table counts ticks: a time is that of the tick before, at most one unit away. A tick may come
 * late: one of a few packets meets one in time. Where CPUs are emulated on a busy machine all do,
 * by some 10 ms.
 */
static bool last_within_a_tick(void)
{
	const double unit = (double)ctl_maps.meta.unit_ns / 1e9;
	const double late = getenv("KIDOS_SLOW") ? 0.1 : 0.001;
	double before = (double)ctl_maps_now() / 1e9, after, first, last;
	struct json_object *object;

	ctl_maps_send(KIDOS_PROGRAM_XDP, "tcp", 0);
	after = (double)ctl_maps_now() / 1e9;
	object = ctl_run_json("flows --json --proto tcp --sort last --limit 1");
	first = seconds_of(object, "/flows/0/first");
	last = seconds_of(object, "/flows/0/last");
	json_object_put(object);
	assert_true(first <= before + late);
	assert_true(last <= after + late);
	return last >= before - unit - late;
}

static void test_flow_times(void **state)
{
	int tries = 10;

	(void)state;
	while (!last_within_a_tick())
		assert_true(--tries > 0);
}

static void test_flows_selected(void **state)
{
	(void)state;
	assert_int_equal(count_flows(""), TCP_FLOWS + UDP_FLOWS);
	assert_int_equal(count_flows("--proto tcp"), TCP_FLOWS);
	assert_int_equal(count_flows("--direction tx"), UDP_FLOWS);
	assert_int_equal(count_flows("--prefix ::/0"), UDP_FLOWS);
	assert_int_equal(count_flows("--proto udp --direction rx"), 0);
	assert_int_equal(count_flows("--src ::/0"), UDP_FLOWS);
	assert_int_equal(count_flows("--vlan 0"), TCP_FLOWS + UDP_FLOWS);
	assert_int_equal(count_flows("--vlan 4095"), 0);
	assert_int_equal(count_flows("--since 1h"), TCP_FLOWS + UDP_FLOWS);
	assert_int_equal(count_flows("--since 2200-01-01T00:00:00Z"), 0);
	assert_int_equal(count_flows("--interface 'kt:lo\\x1b[2J'"), TCP_FLOWS + UDP_FLOWS);
	assert_int_equal(count_flows("--interface other"), 0);
	assert_int_equal(ctl_run("flows --interface nowhere"), 1);
	ctl_assert_says("no interface nowhere here");
}

static void test_flows_grouped(void **state)
{
	struct json_object *object = ctl_run_json("flows --group proto --json");

	(void)state;
	assert_string_equal(json_object_get_string(ctl_at(object, "/groups/0/proto")), "tcp");
	assert_int_equal(ctl_number(object, "/groups/0/flows"), TCP_FLOWS);
	assert_int_equal(ctl_number(object, "/groups/0/packets"), TCP_PACKETS);
	assert_int_equal(ctl_number(object, "/rows"), 2);
	assert_false(json_object_get_boolean(ctl_at(object, "/cut")));
	json_object_put(object);
	assert_int_equal(ctl_run("flows --group interface"), 0);
	ctl_assert_says("kt:lo\\x1b[2J");
	ctl_assert_says("125"); /* packets of both protocols */
}

/* Before kernel 5.19 bpf() was closed to them altogether (unprivileged_bpf_disabled). */
static bool unprivileged_may_read(void)
{
	struct utsname name;
	unsigned int major, minor;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	return major > 5 || (major == 5 && minor >= 19);
}

static void give_to_member(const char *path)
{
	char command[160];

	snprintf(command, sizeof(command), "chgrp -R %d %s", MEMBERS, path);
	assert_int_equal(system(command), 0);
}

static void test_member(void **state)
{
	(void)state;
	assert_int_equal(ctl_run_as_member(MEMBERS, "flows"), 1);
	ctl_assert_says("reading maps takes root or membership");
	give_to_member(ctl_path);
	if (!unprivileged_may_read()) {
		print_message("# this kernel closes bpf() to whoever lacks CAP_BPF\n");
		assert_int_equal(ctl_run_as_member(MEMBERS, "flows"), 1);
		ctl_assert_says("reading maps takes root or membership");
		return;
	}
	assert_int_equal(ctl_run_as_member(MEMBERS, "flows --proto tcp --limit 0"), 0);
	ctl_assert_says(" 60 flows (60 seen");
	ctl_assert_says(" 120 packets");
	assert_int_equal(ctl_run_as_member(MEMBERS, "status"), 0);
	assert_int_equal(ctl_run_as_member(MEMBERS, "summary"), 0);
	ctl_assert_says("Top flows by bytes, 10 of 65");
	assert_int_equal(ctl_run_as_member(MEMBERS + 1, "flows"), 1);
	ctl_assert_says("reading maps takes root or membership");
}

/* Some polls, then Ctrl-C. */
static void test_watch(void **state)
{
	(void)state;
	assert_int_equal(ctl_run_until("flows --watch 0.2 --limit 1", 6), 0);
	ctl_assert_says("PACKETS/S");
	assert_non_null(strstr(strstr(ctl_output, "BIT/S") + 1, "BIT/S"));
}

static void test_exit_status(void **state)
{
	char path[sizeof(ctl_path)];

	(void)state;
	assert_int_equal(ctl_run("flows --nonsense"), 2);
	ctl_assert_says("usage: ");
	assert_int_equal(ctl_run("nonsense"), 2);
	assert_int_equal(ctl_run("status too many"), 2);
	memcpy(path, ctl_path, sizeof(path));
	strcpy(ctl_path, "/sys/fs/bpf/kt-ctl-nothing");
	assert_int_equal(ctl_run("status"), 3);
	assert_int_equal(ctl_run("summary"), 3);
	assert_int_equal(ctl_run("flows"), 3);
	ctl_assert_says("no daemon");
	memcpy(ctl_path, path, sizeof(path));
}

/* As many flows as MaxFlows are all listed; how long that took is printed. Last: it fills the
 * table. */
static void test_million(void **state)
{
	uint32_t many = getenv("KIDOS_SLOW") ? MANY_EMULATED : MANY;
	uint64_t events[KIDOS_EVENTS];
	struct timespec before, after;
	double seconds;
	char words[32];

	(void)state;
	for (uint32_t i = 0; i < many; i++)
		ctl_maps_send(KIDOS_PROGRAM_XDP, "udp", i);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(ctl_run("flows"), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	seconds = (double)(after.tv_sec - before.tv_sec) +
		  (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	ctl_output[strcspn(ctl_output, "\n")] = '\0';
	print_message("# %s: %.3f s\n", ctl_output, seconds);
	/* Whatever is not listed was evicted: at this load hardly any. */
	assert_int_equal(kidos_maps_events(&ctl_maps.maps, events), 0);
	assert_in_range(events[KIDOS_EVENT_EVICTED], 0, 20);
	snprintf(words, sizeof(words), " %" PRIu64 " flows ",
		 many + TCP_FLOWS + UDP_FLOWS - events[KIDOS_EVENT_EVICTED]);
	ctl_assert_says(words);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "kidosctl: status", test_status, NULL, NULL, NULL },
		{ "kidosctl: summary", test_summary, NULL, NULL, NULL },
		{ "kidosctl: flows as JSON", test_flows_json, NULL, NULL, NULL },
		{ "kidosctl: flows selected", test_flows_selected, NULL, NULL, NULL },
		{ "kidosctl: flows grouped", test_flows_grouped, NULL, NULL, NULL },
		{ "kidosctl: a member of the group", test_member, NULL, NULL, NULL },
		{ "kidosctl: flows watched", test_watch, NULL, NULL, NULL },
		{ "kidosctl: times of a flow", test_flow_times, NULL, NULL, NULL },
		{ "kidosctl: exit status", test_exit_status, NULL, NULL, NULL },
		{ "kidosctl: a million flows", test_million, NULL, NULL, NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kidosctl", tests, ctl_maps_setup, ctl_maps_teardown) !=
	       0;
}
