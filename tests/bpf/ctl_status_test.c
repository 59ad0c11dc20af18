/* SPDX-License-Identifier: MIT */
/*
 * kidosctl: exit status by health, letters of options, alerts selected, rates
 * while watching.
 *
 * kernels: none
 */
#include "alerts/maps.h"
#include "alerts/states.h"
#include "core/now.h"
#include "ctl_maps.h"
#include "ctl_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define VLAN "100" /* outer one of tests/tools/packet.c */

static void set_collector(enum kidos_collector_state collector_state)
{
	struct kidos_collector_status status = { .name = "toy",
						 .state = collector_state,
						 .reason = "a test's" };

	assert_int_equal(kidos_map_write(ctl_maps.control[KIDOS_CONTROL_COLLECTORS], 0, &status),
			 0);
}

static void assert_status(int wanted)
{
	struct json_object *object;

	assert_int_equal(ctl_run("status"), wanted);
	ctl_assert_says("\nINTERFACE ");
	assert_int_equal(ctl_run("status -j"), wanted);
	object = ctl_line(0);
	assert_int_equal(ctl_number(object, "/daemon/pid"), ctl_maps.meta.pid);
	json_object_put(object);
}

static void test_failed(void **state)
{
	(void)state;
	assert_status(0);
	set_collector(KIDOS_COLLECTOR_FAILED);
	assert_status(1);
	ctl_assert_says("a test's");
	set_collector(KIDOS_COLLECTOR_OFF);
	assert_status(0);
	ctl_maps_set_slot(KIDOS_SLOT_FAILED);
	assert_status(1);
	assert_int_equal(ctl_run("status --interface 'kt:lo\\x1b[2J'"), 1);
	assert_int_equal(ctl_run("status --interface other"), 0);
	assert_int_equal(ctl_run("status --interface nowhere"), 1);
	ctl_assert_says("no interface nowhere here");
	ctl_maps_set_slot(KIDOS_SLOT_WAITING);
	assert_status(0);
	ctl_maps_set_slot(KIDOS_SLOT_ATTACHED);
}

static void assert_dead(const char *why)
{
	static const char *const readers[] = { "flows", "summary", "alerts", "flows -j",
					       "summary -j" };

	assert_status(3);
	ctl_assert_says(why);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		assert_int_equal(ctl_run(readers[i]), 0);
}

/* A daemon that hangs, one that is gone, and one that has not polled yet. */
static void test_stale(void **state)
{
	pid_t child = fork();

	(void)state;
	if (!child)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	ctl_maps.meta.last_poll_ns = 1;
	assert_int_equal(kidos_maps_set_meta(&ctl_maps.maps, &ctl_maps.meta), 0);
	assert_dead("\"stale\"");
	ctl_maps_set_slot(KIDOS_SLOT_FAILED);
	assert_status(3);
	ctl_maps_set_slot(KIDOS_SLOT_ATTACHED);
	ctl_maps.meta.pid = (__u32)child;
	ctl_maps_set_meta();
	assert_dead("is gone");
	ctl_maps.meta.pid = (__u32)getpid();
	ctl_maps.meta.last_poll_ns = 0;
	assert_int_equal(kidos_maps_set_meta(&ctl_maps.maps, &ctl_maps.meta), 0);
	assert_status(0);
	ctl_assert_says("\"starting\"");
	ctl_maps_set_meta();
}

static void test_letters(void **state)
{
	static const struct {
		const char *arguments, *says;
		int status;
	} cases[] = {
		{ "-h", "usage: kidosctl [--state DIR] COMMAND", 0 },
		{ "status -h", "usage: kidosctl [--state DIR] status", 0 },
		{ "collector -h", "NAME on|off", 0 },
		{ "flows -jh", "-j, --json", 0 },
		{ "flows -j --limit 1", "{\"time\":\"", 0 },
		{ "alerts -j", "\"alerts\":[]}", 0 },
		{ "flows -jj", "--json is given twice", 2 },
		{ "flows -x", "-x: no such option", 2 },
		{ "flows -jx", "-x: no such option", 2 },
		{ "collector -j flows on", "-j: no such option", 2 },
		{ "flows -\xc3", "-\\xc3: no such option", 2 },
		{ "flows --limit", "--limit: needs a value", 2 },
		{ "flows --json=1", "--json=1: no such option", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].says);
		assert_int_equal(ctl_run(cases[i].arguments), cases[i].status);
		ctl_assert_says(cases[i].says);
	}
}

static int64_t count_rows(const char *arguments)
{
	struct json_object *object = ctl_run_json(arguments);
	int64_t rows = ctl_number(object, "/rows");

	print_message("# %s\n", arguments);
	json_object_put(object);
	return rows;
}

/* Flow 0 of a kind comes from 10.0.0.1, or from the first address of 2001:db8::/32. */
static void test_ends(void **state)
{
	(void)state;
	ctl_maps_send(KIDOS_PROGRAM_XDP, "vlan-udp", 0);
	assert_int_equal(count_rows("flows -j --vlan " VLAN), 1);
	assert_int_equal(count_rows("flows -j --vlan 0"), TCP_FLOWS + UDP_FLOWS);
	assert_int_equal(count_rows("flows -j --src 10.0.0.1 --proto tcp"), 1);
	assert_int_equal(count_rows("flows -j --dst 10.0.0.1"), 0);
	assert_int_equal(count_rows("flows -j --src 2001:db8::/32"), UDP_FLOWS);
	assert_int_equal(count_rows("flows -j --src 10.0.0.0/8 --group src --limit 1"), TCP_FLOWS);
	ctl_assert_says("\"cut\":true");
	assert_int_equal(ctl_run("summary --interface other"), 0);
	ctl_assert_says("Top flows by bytes, 0 of 0");
	assert_int_equal(ctl_run("summary --interface 'kt:lo\\x1b[2J'"), 0);
	ctl_assert_says("Top flows by bytes, 10 of 66");
}

static int alert_maps[KIDOS_ALERT_MAPS] = { -1 };

static void make_alerts(void)
{
	assert_int_equal(kidos_map_set_create(&kidos_alert_map_set, alert_maps, 0), 0);
	assert_int_equal(kidos_state_pin_set(&ctl_maps.state, &kidos_alert_map_set, alert_maps), 0);
}

static void set_alert(unsigned int index, enum kidos_alert_kind kind, const char *instance,
		      uint64_t age, bool ended)
{
	uint64_t now = kidos_now_ns(CLOCK_BOOTTIME) + SECOND;
	struct kidos_alert alert = {
		.id = index + 1,
		.started_ns = now - age - SECOND,
		.last_ns = now - age,
		.ended_ns = ended ? now - age : 0,
		.keys = !ended,
		.raised = 1,
		.event = { .kind = kind },
	};

	snprintf(alert.event.instance, sizeof(alert.event.instance), "%s", instance);
	assert_int_equal(kidos_map_write(alert_maps[KIDOS_ALERT_MAP_STATE], index, &alert), 0);
}

static void test_alerts(void **state)
{
	struct json_object *object;

	(void)state;
	assert_int_equal(ctl_run("alerts"), 0);
	ctl_assert_says("none since the daemon started\n");
	make_alerts();
	assert_int_equal(ctl_run("alerts"), 0);
	ctl_assert_says("none since the daemon started\n");
	set_alert(0, KIDOS_ALERT_DROP_SHARE, "eth0", 2 * SECOND, false);
	set_alert(1, KIDOS_ALERT_DROP_SHARE, "eth1", 3 * SECOND, true);
	set_alert(2, KIDOS_ALERT_NEW_DROP_REASON, "drops", 7 * SECOND, true);
	assert_int_equal(count_rows("alerts -j"), 3);
	assert_int_equal(count_rows("alerts -j --kind drop_share"), 2);
	assert_int_equal(count_rows("alerts -j --kind drop_share --instance eth1"), 1);
	assert_int_equal(count_rows("alerts -j --active"), 1);
	assert_int_equal(count_rows("alerts -j --active --instance eth1"), 0);
	assert_int_equal(count_rows("alerts -j --since 0s"), 1);
	assert_int_equal(count_rows("alerts -j --since 1h"), 3);
	object = ctl_run_json("alerts -j --limit 1");
	assert_int_equal(ctl_number(object, "/rows"), 3);
	assert_true(json_object_get_boolean(ctl_at(object, "/cut")));
	assert_int_equal(json_object_array_length(ctl_at(object, "/alerts")), 1);
	assert_string_equal(ctl_text(object, "/alerts/0/instance"), "eth0");
	json_object_put(object);
	assert_int_equal(ctl_run("alerts --instance nobody"), 0);
	ctl_assert_says("none of 3 selected\n");
	assert_int_equal(ctl_run("alerts --kind nonsense"), 2);
	ctl_run_watch("alerts --kind drop_share");
	object = ctl_line(1);
	assert_int_equal(ctl_number(object, "/rows"), 2);
	json_object_put(object);
}

/* Frames of one flow, until it is killed: 20 s at most. */
static pid_t send_frames(void)
{
	pid_t sender = fork();

	assert_true(sender >= 0);
	if (sender)
		return sender;
	for (int i = 0; i < 20000; i++) {
		ctl_maps_send(KIDOS_PROGRAM_XDP, "tcp", 0);
		usleep(1000);
	}
	_exit(0);
}

/* In the first line the rate is null, in the third there is one. */
static void assert_rate(const char *path)
{
	struct json_object *first = ctl_line(0), *third = ctl_line(2);

	print_message("# %s: %s\n", path, ctl_text(third, path));
	assert_null(ctl_at(first, path));
	assert_true(json_object_get_double(ctl_at(third, path)) > 0);
	assert_string_not_equal(ctl_text(first, "/time"), ctl_text(third, "/time"));
	json_object_put(first);
	json_object_put(third);
}

static void test_rates(void **state)
{
	pid_t sender = send_frames();
	struct json_object *object;

	(void)state;
	ctl_run_watch("flows --limit 1");
	assert_rate("/flows/0/packets_per_second");
	assert_rate("/flows/0/bytes_per_second");
	ctl_run_watch("flows --group proto");
	assert_rate("/groups/0/packets_per_second");
	ctl_run_watch("summary --interface 'kt:lo\\x1b[2J'");
	assert_rate("/interfaces/0/rx/packets_per_second");
	assert_rate("/total/rx/bytes_per_second");
	assert_int_equal(kill(sender, SIGTERM), 0);
	assert_int_equal(waitpid(sender, NULL, 0), sender);
	object = ctl_run_json("summary -j");
	assert_false(
		json_object_object_get_ex(ctl_at(object, "/total/rx"), "packets_per_second", NULL));
	json_object_put(object);
}

/* A watch of status goes on over a dead daemon; its exit status is the last poll's. */
static void test_watched(void **state)
{
	struct json_object *object;

	(void)state;
	ctl_run_watch("status");
	object = ctl_line(1);
	assert_string_equal(ctl_text(object, "/daemon/state"), "alive");
	json_object_put(object);
	assert_int_equal(ctl_run_until("summary --watch 0.2", 10), 0);
	ctl_assert_says("\n  per second ");
	ctl_maps.meta.last_poll_ns = 1;
	assert_int_equal(kidos_maps_set_meta(&ctl_maps.maps, &ctl_maps.meta), 0);
	assert_int_equal(ctl_run_until("status -j --watch 0.2", 2), 3);
	object = ctl_line(1);
	assert_string_equal(ctl_text(object, "/daemon/state"), "stale");
	json_object_put(object);
	ctl_maps_set_meta();
}

/* A stranger's process counts as there, and whoever may read a dead daemon's maps reads them. */
static void test_member(void **state)
{
	char command[160];
	int status;

	(void)state;
	snprintf(command, sizeof(command), "chgrp -R %d %s", MEMBERS, ctl_path);
	assert_int_equal(system(command), 0);
	status = ctl_run_as_member(MEMBERS, "status");
	if (status && strstr(ctl_output, "reading maps takes root")) {
		print_message("# this kernel closes bpf() to whoever lacks CAP_BPF\n");
		return;
	}
	assert_int_equal(status, 0);
	ctl_maps.meta.last_poll_ns = 1;
	assert_int_equal(kidos_maps_set_meta(&ctl_maps.maps, &ctl_maps.meta), 0);
	assert_int_equal(ctl_run_as_member(MEMBERS, "status"), 3);
	assert_int_equal(ctl_run_as_member(MEMBERS, "flows"), 0);
	assert_int_equal(ctl_run_as_member(MEMBERS, "alerts"), 0);
	ctl_maps_set_meta();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "kidosctl: status of what has failed", test_failed, NULL, NULL, NULL },
		{ "kidosctl: a stale daemon", test_stale, NULL, NULL, NULL },
		{ "kidosctl: letters of options", test_letters, NULL, NULL, NULL },
		{ "kidosctl: flows by source, destination, VLAN", test_ends, NULL, NULL, NULL },
		{ "kidosctl: alerts selected", test_alerts, NULL, NULL, NULL },
		{ "kidosctl: rates as JSON", test_rates, NULL, NULL, NULL },
		{ "kidosctl: status watched", test_watched, NULL, NULL, NULL },
		{ "kidosctl: a member reads what a dead daemon left", test_member, NULL, NULL,
		  NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kidosctl status", tests, ctl_maps_setup,
					   ctl_maps_teardown) != 0;
}
