/* SPDX-License-Identifier: MIT */
/*
 * kidosctl on a state directory made here: frames of known kinds through the
 * programs by BPF_PROG_TEST_RUN (loopback's ifindex), then what it prints. One
 * kernel with each kind of map for flows.
 *
 * kernels: 5.10 6.12
 */
#include "ctl_run.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "state/clock.h"
#include "state/directory.h"
#include "links/programs.h"
#include "flows/entry.h"
#include "packet.h"

#define LOOPBACK 1 /* ifindex of test runs */
#define SLOT 1
#define MEMBERS 54320 /* stands for the group kidos */
#define TCP_FLOWS 60 /* flow i is sent 1 + i % 3 times, at XDP */
#define TCP_PACKETS 120
#define UDP_FLOWS 5 /* at tc, away from the host */
#define MANY 1000000
#define MANY_EMULATED 20000 /* where a test run takes a hundred times as long */

static struct fixture {
	struct kidos_state state;
	struct kidos_maps maps;
	int control[KIDOS_CONTROL_MAPS];
	struct kidos_meta meta;
	struct kidos_traffic *traffic;
} fixture = { .state = KIDOS_STATE_NONE, .maps = KIDOS_MAPS_NONE };

static uint64_t realtime(void)
{
	struct kidos_clock clock;

	kidos_clock_now(&clock, &fixture.meta);
	return clock.realtime_ns;
}

static void send_frame(enum kidos_program program, const char *kind, uint32_t flow)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	struct packet packet;

	packet_build(packet_kind_find(kind), &packet_defaults, flow, &packet);
	run.data_in = packet.bytes;
	run.data_size_in = (__u32)packet.length;
	run.repeat = 1;
	assert_int_equal(bpf_prog_test_run_opts(kidos_traffic_fd(fixture.traffic, program), &run),
			 0);
}

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

static void set_slot(void)
{
	struct kidos_slot slot = {
		.netns = "kt",
		.name = "lo\033[2J",
		.reason = "a test's",
		.ifindex = LOOPBACK,
		.state = KIDOS_SLOT_ATTACHED,
		.rung = { KIDOS_RUNG_XDP_NATIVE, KIDOS_RUNG_TCX },
		.exact = 1,
		.has_device = 1,
		.unaccounted = { 0, 3 },
	};

	assert_int_equal(kidos_maps_set_slot(&fixture.maps, SLOT, &slot), 0);
	assert_int_equal(kidos_maps_set_port(&fixture.maps, 0, LOOPBACK, SLOT, KIDOS_PORT_ETHERNET),
			 0);
}

static void set_meta(void)
{
	fixture.meta.last_poll_ns = realtime();
	assert_int_equal(kidos_maps_set_meta(&fixture.maps, &fixture.meta), 0);
}

static int setup(void **state)
{
	char reason[KIDOS_REASON];

	(void)state;
	snprintf(ctl_path, sizeof(ctl_path), "/sys/fs/bpf/kt-ctl-%d", getpid());
	if (kidos_state_acquire(&fixture.state, ctl_path, reason)) {
		print_message("# %s\n", reason);
		return -1;
	}
	fixture.meta = (struct kidos_meta){
		.abi = KIDOS_ABI_VERSION,
		.pid = (__u32)getpid(),
		.set_mask = (1 << 18) - 1,
		.slots = 4,
		.max_flows = 1 << 20,
		.memory = 200 << 20,
		.interval_ns = 600000000000u,
		.flows_active = 65,
		.version = "test",
	};
	if (kidos_clock_measure(&fixture.meta))
		return -1;
	/* Longer than a slow machine takes to fill the table: what is idle gives way unnoticed. */
	fixture.meta.idle = (__u32)(600000000000u / fixture.meta.unit_ns);
	fixture.meta.started_ns = realtime();
	fixture.maps.cpus = kidos_possible_cpus();
	fixture.traffic = kidos_traffic_load(&fixture.maps, &fixture.meta, 0);
	if (!fixture.traffic ||
	    kidos_map_set_create(&kidos_map_set, fixture.maps.fd, fixture.meta.slots))
		return -1;
	set_slot();
	set_meta();
	for (uint32_t i = 0; i < TCP_FLOWS; i++)
		for (uint32_t n = 0; n <= i % 3; n++)
			send_frame(KIDOS_PROGRAM_XDP, "tcp", i);
	for (uint32_t i = 0; i < UDP_FLOWS; i++)
		send_frame(KIDOS_PROGRAM_TC_EGRESS, "udp6", i);
	if (ctl_make_control(&fixture.state, fixture.control))
		return -1;
	return kidos_state_pin_set(&fixture.state, &kidos_map_set, fixture.maps.fd);
}

static int teardown(void **state)
{
	(void)state;
	kidos_state_release(&fixture.state);
	kidos_traffic_free(fixture.traffic);
	kidos_maps_close(&fixture.maps);
	kidos_map_set_close(&kidos_control_map_set, fixture.control);
	return 0;
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
	assert_string_equal(json_object_get_string(ctl_at(object, "/interfaces/0/rx/rung")),
			    "xdp-native");
	json_object_put(object);
}

static void test_stale(void **state)
{
	(void)state;
	fixture.meta.last_poll_ns = 1;
	assert_int_equal(kidos_maps_set_meta(&fixture.maps, &fixture.meta), 0);
	assert_int_equal(ctl_run("status"), 0);
	ctl_assert_says("stale: ");
	set_meta();
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
	const double unit = (double)fixture.meta.unit_ns / 1e9;
	const double late = getenv("KIDOS_SLOW") ? 0.1 : 0.001;
	double before = (double)realtime() / 1e9, after, first, last;
	struct json_object *object;

	send_frame(KIDOS_PROGRAM_XDP, "tcp", 0);
	after = (double)realtime() / 1e9;
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

/* Some looks, then Ctrl-C. */
static void test_watch(void **state)
{
	(void)state;
	assert_int_equal(ctl_run("flows --watch 0.2 --limit 1 & pid=$!; sleep 2; kill -INT $pid; "
				 "wait $pid"),
			 0);
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
		send_frame(KIDOS_PROGRAM_XDP, "udp", i);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(ctl_run("flows"), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	seconds = (double)(after.tv_sec - before.tv_sec) +
		  (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	ctl_output[strcspn(ctl_output, "\n")] = '\0';
	print_message("# %s: %.3f s\n", ctl_output, seconds);
	/* Whatever is not listed was evicted: at this load hardly any. */
	assert_int_equal(kidos_maps_events(&fixture.maps, events), 0);
	assert_in_range(events[KIDOS_EVENT_EVICTED], 0, 20);
	snprintf(words, sizeof(words), " %" PRIu64 " flows ",
		 many + TCP_FLOWS + UDP_FLOWS - events[KIDOS_EVENT_EVICTED]);
	ctl_assert_says(words);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "kidosctl: status", test_status, NULL, NULL, NULL },
		{ "kidosctl: a stale daemon", test_stale, NULL, NULL, NULL },
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
	return cmocka_run_group_tests_name("kidosctl", tests, setup, teardown) != 0;
}
