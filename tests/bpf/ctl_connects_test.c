/* SPDX-License-Identifier: MIT */
/*
 * kidosctl connections, top and listeners: what they print of maps whose contents are known, and
 * filled by hand, so that the oldest kernel says what the others would.
 *
 * kernels: none
 */
#include "ctl_connect_maps.h"
#include "ctl_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool pinned;

/* Before every test but the first, which may not have been chosen. */
static int counted(void **state)
{
	(void)state;
	if (!pinned) {
		connect_maps_pin();
		pinned = true;
	}
	connect_maps_fill();
	connect_maps_privacy(0, false);
	return 0;
}

static void assert_one_line(void)
{
	const char *end = strchr(ctl_output, '\n');

	assert_non_null(end);
	assert_string_equal(end, "\n");
}

static void test_not_counted(void **state)
{
	(void)state;
	assert_int_equal(ctl_run("connections"), 1);
	ctl_assert_says("kidosctl: this daemon counts no connections\n");
	assert_one_line();
	assert_int_equal(ctl_run("top"), 1);
	assert_int_equal(ctl_run("listeners"), 1);
	ctl_assert_says("this daemon counts no connections\n");
	assert_int_equal(ctl_run("status"), 0);
	ctl_assert_says("connects    not counted\n");
	assert_int_equal(ctl_run("summary"), 0);
	ctl_assert_says("Connections are not counted\n");
}

static void test_list(void **state)
{
	static const char *const fields[] = {
		"time",    "kind",  "socket", "pid",         "pid_initial", "tid",
		"command", "uid",   "cgroup", "unit",        "netns",       "cgroup_path",
		"family",  "type",  "proto",  "protocol",    "src",         "sport",
		"dst",     "dport", "path",   "outcome",     "error",       "seconds",
		"count",   "rx",    "tx",     "retransmits", "rtt_seconds",
	};
	const size_t count = sizeof(fields) / sizeof(fields[0]);
	struct json_object *object = ctl_run_json("connections --json"), *event;
	char before[64] = "9999";

	(void)state;
	assert_int_equal(ctl_number(object, "/selected"), 23);
	assert_int_equal(ctl_number(object, "/pids"), 3);
	assert_false(json_object_get_boolean(ctl_at(object, "/truncated")));
	assert_true(json_object_get_boolean(ctl_at(object, "/complete")));
	assert_int_equal(json_object_array_length(ctl_at(object, "/connections")), 23);
	for (size_t i = 0; i < 23; i++) {
		event = json_object_array_get_idx(ctl_at(object, "/connections"), i);
		assert_int_equal(json_object_object_length(event), count);
		for (size_t field = 0; field < count; field++)
			assert_true(json_object_object_get_ex(event, fields[field], NULL));
		assert_true(strcmp(ctl_text(event, "/time"), before) < 0);
		snprintf(before, sizeof(before), "%s", ctl_text(event, "/time"));
	}
	assert_string_equal(ctl_text(object, "/connections/0/kind"), "send");
	assert_null(ctl_text(object, "/connections/0/pid"));
	assert_int_equal(ctl_number(object, "/connections/0/pid_initial"), 14242);
	assert_int_equal(ctl_number(object, "/connections/0/count"), 12);
	assert_string_equal(ctl_text(object, "/connections/0/dst"), "2001:db8::53");
	assert_string_equal(ctl_text(object, "/connections/1/kind"), "close");
	assert_int_equal(ctl_number(object, "/connections/1/rx"), 1000);
	assert_null(ctl_text(object, "/connections/1/outcome"));
	assert_string_equal(ctl_text(object, "/connections/2/path"),
			    "/run/\\x0a\\x1b\"\\x5cx\\xff");
	assert_string_equal(ctl_text(object, "/connections/2/command"),
			    "a\\x1b[2J\\x0a\"\\x5c\\xff");
	assert_string_equal(ctl_text(object, "/connections/3/outcome"), "ECONNREFUSED");
	assert_string_equal(ctl_text(object, "/connections/3/unit"), "web\\x0a.service");
	assert_string_equal(ctl_text(object, "/connections/3/cgroup_path"),
			    "/system.slice/web\\x0a.service");
	json_object_put(object);
}

static void test_text(void **state)
{
	(void)state;
	assert_int_equal(ctl_run("connections list"), 0);
	ctl_assert_says("23 events of 3 processes, recorded since ");
	ctl_assert_says("curl[4242]");
	ctl_assert_says("[2001:db8::53]:53");
	ctl_assert_says("x12");
	assert_null(strchr(ctl_output, '\033'));
	assert_int_equal(ctl_run("connections list --limit 2"), 0);
	ctl_assert_says("; 4 are shown, at most 2 of each process (--limit)\n");
}

static void test_selected(void **state)
{
	static const struct {
		const char *options;
		int events;
	} cases[] = {
		{ "", 23 },
		{ "--pid 4242", 21 },
		{ "--pid 14242", 1 },
		{ "--pid 9", 0 },
		{ "--command curl", 22 },
		{ "--command 'a\\x1b[2J\\x0a\"\\x5c\\xff'", 1 },
		{ "--kind close", 1 },
		{ "--kind send", 1 },
		{ "--type dgram", 1 },
		{ "--proto tcp", 21 },
		{ "--proto unix", 1 },
		{ "--proto udp", 1 },
		{ "--dest 203.0.113.9:443", 21 },
		{ "--dest 2001:db8::/32", 1 },
		{ "--dest :53", 1 },
		{ "--outcome refused", 21 },
		{ "--outcome ok", 1 },
		{ "--outcome failed --proto tcp", 20 },
		{ "--since 15s", 3 },
		{ "--since 1h --until 15s", 20 },
		{ "--pid 4242 --limit 3", 3 },
		{ "--limit 1", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *object;
		char command[256];

		snprintf(command, sizeof(command), "connections list --json %s", cases[i].options);
		print_message("# %s\n", command);
		object = ctl_run_json(command);
		assert_int_equal(json_object_array_length(ctl_at(object, "/connections")),
				 cases[i].events);
		assert_int_equal(json_object_get_boolean(ctl_at(object, "/truncated")),
				 ctl_number(object, "/selected") != cases[i].events);
		json_object_put(object);
	}
}

static void assert_limited(const char *arguments, const char *by)
{
	struct json_object *object = ctl_run_json(arguments);

	print_message("# %s: %s\n", arguments, ctl_text(object, "/limited_by"));
	if (by)
		assert_string_equal(ctl_text(object, "/limited_by"), by);
	else
		assert_null(ctl_text(object, "/limited_by"));
	assert_int_equal(json_object_get_boolean(ctl_at(object, "/complete")), !by);
	json_object_put(object);
}

/* A window that begins before there are records is said to. */
static void test_window(void **state)
{
	(void)state;
	assert_limited("connections --json", NULL);
	assert_limited("connections --json --since 50s", NULL);
	assert_limited("connections --json --since 10m", "daemon");
	assert_limited("connections --json --since 1970-01-02T00:00:00Z", "boot");
	assert_limited("connections summary --json --pid 4242 --duration 50", NULL);
	assert_limited("connections summary --json --pid 4242 --duration 3600",
		       connect_maps.boot_ns > 3700 * SECOND ? "daemon" : "boot");
	assert_int_equal(ctl_run("connections list --since 10m"), 0);
	ctl_assert_says("not all that was asked for, since ");
	ctl_assert_says(": connections are recorded since ");
	/* CPU 0 has been round: 64 of its 84 events are left, the oldest 50 s old. */
	for (unsigned int n = 21; n <= 84; n++)
		connect_maps_record(0, n, 85 - n > 50 ? 50 : 85 - n);
	assert_limited("connections --json --since 58s", "recorder");
	assert_int_equal(ctl_run("connections list --since 58s"), 0);
	ctl_assert_says(": the recorder reaches back to ");
	assert_limited("connections --json --since 30s", NULL);
	for (unsigned int n = 1; n <= ROOM; n++)
		connect_maps_record(0, n, 1)->sequence = 0;
}

static void test_sum(void **state)
{
	struct json_object *object =
		ctl_run_json("connections summary --command curl --duration 3600 --json");

	(void)state;
	assert_int_equal(ctl_number(object, "/attempts"), 21);
	assert_int_equal(ctl_number(object, "/failed"), 20);
	assert_int_equal(ctl_number(object, "/results/ECONNREFUSED"), 20);
	assert_int_equal(ctl_number(object, "/results/ok"), 1);
	assert_int_equal(ctl_number(object, "/datagrams"), 12);
	assert_int_equal(ctl_number(object, "/closed"), 1);
	assert_int_equal(ctl_number(object, "/tx"), 200);
	assert_int_equal(ctl_number(object, "/pids"), 2);
	assert_int_equal(ctl_number(object, "/destinations/203.0.113.9:443"), 20);
	assert_null(ctl_at(object, "/latency/p50"));
	json_object_put(object);
	assert_int_equal(ctl_run("connections summary --pid 4242"), 0);
	ctl_assert_says("Process 4242 since ");
	ctl_assert_says("attempts     20: ok 0, failed 20, abandoned 0, lost 0\n");
}

/* What is wrong is one line, and exit status 2. */
static void test_errors(void **state)
{
	static const char *const cases[] = {
		"connections list --limit 0",
		"connections list --limit 1001",
		"connections list --outcome nothing",
		"connections list --dest nowhere",
		"connections list --since never",
		"connections list --since 10s --until 20s",
		"connections list --follow --until 1s",
		"connections list extra",
		"connections list --nothing",
		"connections --pid x",
		"connections nothing",
		"connections summary",
		"connections summary --pid 1 --command curl",
		"connections summary --pid 1 --duration 0",
		"connections summary --pid 1 --duration 3601",
		"connections live --dest nowhere",
		"top --by nothing",
		"top --sort nothing",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = ctl_run(cases[i]);

		print_message("# %s: %s", cases[i], ctl_output);
		assert_int_equal(status, 2);
		assert_one_line();
	}
}

static void test_top(void **state)
{
	struct json_object *object = ctl_run_json("top --json");

	(void)state;
	assert_string_equal(ctl_text(object, "/top/0/command"), "a\\x0a\\x1b\"/");
	assert_int_equal(ctl_number(object, "/top/0/tx"), 9000200);
	assert_int_equal(ctl_number(object, "/top/0/live"), 3);
	assert_int_equal(ctl_number(object, "/top/0/accepts"), 500);
	assert_string_equal(ctl_text(object, "/top/1/command"), "curl");
	assert_int_equal(ctl_number(object, "/top/1/attempts"), 130);
	assert_int_equal(ctl_number(object, "/top/1/failed"), 35);
	assert_int_equal(ctl_number(object, "/top/1/pending"), 130 - 85 - 35 - 5 - 1);
	assert_string_equal(ctl_text(object, "/top/2/command"), "other");
	assert_int_equal(ctl_number(object, "/top/2/failed"), 2);
	assert_int_equal(ctl_number(object, "/total/attempts"), 130);
	assert_int_equal(ctl_number(object, "/total/failed"), 37);
	assert_int_equal(ctl_number(object, "/results/ECONNREFUSED"), 30);
	assert_int_equal(ctl_number(object, "/results/ETIMEDOUT"), 2);
	json_object_put(object);
	object = ctl_run_json("top --json --by unit --sort failures");
	assert_int_equal(ctl_number(object, "/rows"), 2);
	assert_string_equal(ctl_text(object, "/top/0/unit"), "web\\x0a.service");
	assert_int_equal(ctl_number(object, "/top/0/failed"), 35);
	json_object_put(object);
	assert_int_equal(ctl_run("top --sort connects --limit 1"), 0);
	ctl_assert_says("COMMAND");
	ctl_assert_says("\ncurl ");
}

static void test_brief(void **state)
{
	struct json_object *object = ctl_run_json("status --json");

	(void)state;
	assert_int_equal(ctl_number(object, "/connects/attempts"), 130);
	assert_int_equal(ctl_number(object, "/connects/results/ECONNREFUSED"), 30);
	assert_int_equal(ctl_number(object, "/connects/missed"), 7);
	assert_int_equal(ctl_number(object, "/connects/syscall_ns"), 101);
	assert_string_equal(ctl_text(object, "/connects/rung"), "a test's rung\\x0a");
	json_object_put(object);
	assert_int_equal(ctl_run("status"), 0);
	ctl_assert_says("connects    a test's rung\\x0a, outcomes an outcome: 130 attempts, 85 ok, "
			"37 failed, 5 abandoned, 2 pending, 1 lost, 7 missed\n"
			"            cannot see the dark\\x0a\\x1b\n"
			"            costs every system call of the host 101 ns\n");
	assert_int_equal(ctl_run("summary"), 0);
	ctl_assert_says("Connections: 3 open, 500 accepted, 130 attempts, 85 ok");
}

static void test_privacy(void **state)
{
	struct json_object *object;

	(void)state;
	connect_maps_privacy(16, true);
	object = ctl_run_json("connections --json --kind close");
	assert_string_equal(ctl_text(object, "/connections/0/dst"), "203.0.0.0");
	assert_string_equal(ctl_text(object, "/connections/0/src"), "192.0.0.0");
	assert_null(ctl_text(object, "/connections/0/command"));
	json_object_put(object);
	assert_int_equal(ctl_run("connections --dest 203.0.113.9"), 0);
	ctl_assert_says("0 events of 0 processes");
	assert_int_equal(ctl_run("connections --command curl"), 2);
	ctl_assert_says("<Privacy> hides the names of commands\n");
	assert_one_line();
	assert_int_equal(ctl_run("connections summary --command curl"), 2);
	assert_int_equal(ctl_run("top"), 0);
	assert_null(strstr(ctl_output, "curl"));
	connect_maps_privacy(0, false);
}

/* Two events that come while it waits, and no others. */
static void test_follow(void **state)
{
	pid_t writer = fork();
	struct json_object *object;

	(void)state;
	assert_true(writer >= 0);
	if (!writer) {
		sleep(1);
		connect_maps_record(0, 21, 0)->time = clock_ns(CLOCK_BOOTTIME);
		usleep(400000);
		connect_maps_record(1, 4, 0)->time = clock_ns(CLOCK_BOOTTIME);
		_exit(0);
	}
	assert_int_equal(ctl_run_until("connections list --follow --json", 2), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	object = ctl_line(0);
	assert_int_equal(ctl_number(object, "/sport"), 40021);
	json_object_put(object);
	object = ctl_line(1);
	assert_int_equal(ctl_number(object, "/sport"), 40004);
	json_object_put(object);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "kidosctl connections: not counted", test_not_counted, NULL, NULL, NULL },
		{ "kidosctl connections: list", test_list, counted, NULL, NULL },
		{ "kidosctl connections: text", test_text, counted, NULL, NULL },
		{ "kidosctl connections: selected", test_selected, counted, NULL, NULL },
		{ "kidosctl connections: windows", test_window, counted, NULL, NULL },
		{ "kidosctl connections: summary", test_sum, counted, NULL, NULL },
		{ "kidosctl connections: errors", test_errors, counted, NULL, NULL },
		{ "kidosctl connections: top", test_top, counted, NULL, NULL },
		{ "kidosctl connections: in status and summary", test_brief, counted, NULL, NULL },
		{ "kidosctl connections: privacy", test_privacy, counted, NULL, NULL },
		{ "kidosctl connections: follow", test_follow, counted, NULL, NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP making maps needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kidosctl connections", tests, connect_maps_setup,
					   connect_maps_teardown) != 0;
}
