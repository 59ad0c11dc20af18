/* SPDX-License-Identifier: MIT */
/* Connections into series: names made safe, `other` exact, nothing backwards, owners that go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connects/ignored.h"
#include "connects/latency.h"
#include "connects/memory.h"
#include "connects/owners.h"
#include "connects/unit.h"
#include "core/sample.h"

static struct kidos_connect_owner owner_of(const char *comm, uint64_t cgroup)
{
	struct kidos_connect_owner owner = { .cgroup = cgroup };

	memcpy(owner.comm, comm, strnlen(comm, sizeof(owner.comm)));
	return owner;
}

/* As a poll does, by command. */
static struct kidos_connect_entry *entry_of(struct kidos_connect_owners *owners,
					    struct kidos_connect_tally *tally, const char *comm)
{
	struct kidos_connect_owner owner = owner_of(comm, 7);
	bool made;
	struct kidos_connect_entry *entry = kidos_connect_owner_get(owners, &owner, &made);

	assert_non_null(entry);
	if (made)
		entry->series = kidos_connect_tally_index(tally, comm);
	return entry;
}

static uint64_t sum_of(const struct kidos_connect_tally *tally, enum kidos_connect_part part)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < tally->count; i++)
		sum += tally->series[i].parts[part].rx + tally->series[i].parts[part].tx;
	return sum;
}

static const struct kidos_connect_series *series_of(const struct kidos_connect_tally *tally,
						    const char *name)
{
	for (size_t i = 0; i < tally->count; i++)
		if (!strcmp(tally->series[i].name, name))
			return &tally->series[i];
	fail_msg("no series %s", name);
	return NULL;
}

static void poll_all(struct kidos_connect_owners *owners, struct kidos_connect_tally *tally)
{
	for (size_t i = 0; i < owners->count; i++)
		kidos_connect_owner_add(&owners->entries[i], tally);
	kidos_connect_tally_emitted(tally);
}

static void test_series(void **state)
{
	struct kidos_connect_owners owners;
	struct kidos_connect_tally tally;
	struct kidos_connect_entry *entry;

	(void)state;
	assert_int_equal(kidos_connect_owners_init(&owners), 0);
	assert_int_equal(kidos_connect_tally_init(&tally, 64), 0);
	entry = entry_of(&owners, &tally, "curl");
	entry->now.attempts[KIDOS_CONNECT_TCP] = 5;
	entry->now.attempts[KIDOS_CONNECT_UNIX] = 2;
	/* New: 0 at two polls, then all at once. */
	for (int poll = 0; poll < KIDOS_SERIES_ZEROS; poll++) {
		poll_all(&owners, &tally);
		assert_int_equal(sum_of(&tally, KIDOS_CONNECT_ATTEMPTS), 0);
		assert_true(series_of(&tally, "curl")->parts[KIDOS_CONNECT_ATTEMPTS].open);
	}
	poll_all(&owners, &tally);
	assert_int_equal(series_of(&tally, "curl")->parts[KIDOS_CONNECT_ATTEMPTS].rx, 7);
	/* No series where there is nothing. */
	assert_false(series_of(&tally, "curl")->parts[KIDOS_CONNECT_ACCEPTS].open);
	assert_false(series_of(&tally, "curl")->parts[KIDOS_CONNECT_TRAFFIC].open);
	kidos_connect_owners_free(&owners);
	kidos_connect_tally_free(&tally);
}

/* Of 1,000 commands three have a name, and all is in the sum. */
static void test_other_is_exact(void **state)
{
	struct kidos_connect_owners owners;
	struct kidos_connect_tally tally;
	char comm[16];

	(void)state;
	assert_int_equal(kidos_connect_owners_init(&owners), 0);
	assert_int_equal(kidos_connect_tally_init(&tally, 3), 0);
	for (int poll = 0; poll < 5; poll++) {
		for (unsigned int i = 0; i < 1000; i++) {
			struct kidos_connect_entry *entry;

			snprintf(comm, sizeof(comm), "c%u", i);
			entry = entry_of(&owners, &tally, comm);
			entry->now.attempts[KIDOS_CONNECT_TCP] += i;
			entry->now.accepts++;
			entry->now.rx += 3;
		}
		poll_all(&owners, &tally);
	}
	assert_int_equal(tally.count, 4);
	poll_all(&owners, &tally);
	assert_int_equal(sum_of(&tally, KIDOS_CONNECT_ATTEMPTS), 5 * 999 * 1000 / 2);
	assert_int_equal(sum_of(&tally, KIDOS_CONNECT_ACCEPTS), 5000);
	assert_int_equal(sum_of(&tally, KIDOS_CONNECT_TRAFFIC), 15000);
	assert_int_equal(series_of(&tally, "c2")->parts[KIDOS_CONNECT_ATTEMPTS].rx, 10);
	kidos_connect_owners_free(&owners);
	kidos_connect_tally_free(&tally);
}

/* A socket that closes between two readings is in neither sum for a poll, then in one of them. */
static void test_traffic_never_twice(void **state)
{
	struct kidos_connect_owners owners;
	struct kidos_connect_tally tally;
	struct kidos_connect_entry *entry;
	const struct kidos_connect_value *traffic;

	(void)state;
	assert_int_equal(kidos_connect_owners_init(&owners), 0);
	assert_int_equal(kidos_connect_tally_init(&tally, 64), 0);
	entry = entry_of(&owners, &tally, "iperf3");
	entry->live = (struct kidos_connect_live){ .sockets = 2, .rx = 700, .tx = 40 };
	for (int poll = 0; poll <= KIDOS_SERIES_ZEROS; poll++)
		poll_all(&owners, &tally);
	traffic = &series_of(&tally, "iperf3")->parts[KIDOS_CONNECT_TRAFFIC];
	assert_int_equal(traffic->rx, 700);
	entry->live = (struct kidos_connect_live){ .sockets = 1, .rx = 100, .tx = 10 };
	poll_all(&owners, &tally);
	assert_int_equal(traffic->rx, 700);
	assert_int_equal(traffic->tx, 40);
	entry->now.rx = 650;
	entry->now.tx = 35;
	poll_all(&owners, &tally);
	assert_int_equal(traffic->rx, 750);
	assert_int_equal(traffic->tx, 45);
	kidos_connect_owners_free(&owners);
	kidos_connect_tally_free(&tally);
}

static void test_hostile_names(void **state)
{
	static const struct {
		const char *raw, *name;
	} cases[] = {
		{ "curl", "curl" },
		{ "Web Content", "Web Content" },
		{ "../../etc/x", "..\\x2f..\\x2fetc\\x2fx" },
		{ "a\nHost: b", "a\\x0aHost: b" },
		{ "\033[2J", "\\x1b[2J" },
		{ "a\"b'c\\d", "a\\x22b\\x27c\\x5cd" },
		{ "\xff\xc3(", "\\xff\\xc3(" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "user@1000.service", "user@1000.service" },
		{ "app-gnome\\x2dx.scope", "app-gnome\\x5cx2dx.scope" },
	};
	struct kidos_connect_tally tally;

	(void)state;
	assert_int_equal(kidos_connect_tally_init(&tally, 64), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t index = kidos_connect_tally_index(&tally, cases[i].raw);

		assert_int_equal(index, i + 1);
		assert_string_equal(tally.series[index].name, cases[i].name);
		assert_int_equal(kidos_connect_tally_index(&tally, cases[i].raw), index);
	}
	/* These have none of their own. */
	assert_int_equal(kidos_connect_tally_index(&tally, "other"), KIDOS_CONNECT_REST);
	assert_int_equal(kidos_connect_tally_index(&tally, ""), KIDOS_CONNECT_REST);
	kidos_connect_tally_free(&tally);
}

/* A name without an end fills its field; text that is longer is cut between characters. */
static void test_names_are_cut(void **state)
{
	char comm[KIDOS_COMM], text[KIDOS_CONNECT_COMMAND], longest[400];
	struct kidos_connect_tally tally;
	size_t index;

	(void)state;
	memset(comm, '\n', sizeof(comm));
	kidos_connect_series_name(comm, text);
	assert_int_equal(strlen(text), 4 * KIDOS_COMM);
	memset(longest, '\1', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(kidos_connect_tally_init(&tally, 1), 0);
	index = kidos_connect_tally_index(&tally, longest);
	assert_true(strlen(tally.series[index].name) < KIDOS_CONNECT_UNIT);
	assert_int_equal(strlen(tally.series[index].name) % 4, 0);
	kidos_connect_tally_free(&tally);
}

static void test_units(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char path[512], unit[KIDOS_CONNECT_UNIT];
	static const struct {
		const char *path, *unit; /* %s: an id of a container */
	} cases[] = {
		{ "/", "-.slice" },
		{ "", "-.slice" },
		{ "/system.slice/ssh.service", "ssh.service" },
		{ "/system.slice/ssh.service/worker/1", "ssh.service" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope",
		  "app-x.scope" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
		{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service" },
		{ "/system.slice/systemd-cryptsetup@luks\\x2dabc.service",
		  "systemd-cryptsetup@luks\\x2dabc.service" },
		{ "/system.slice/_cgroup.service", "cgroup.service" },
		{ "/system.slice/docker-%s.scope", "docker-0123456789ab.scope" },
		{ "/docker/%s", "0123456789ab" },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/"
		  "cri-containerd-%s.scope",
		  "cri-containerd-0123456789ab.scope" },
		{ "/kubepods/burstable/pod1/%s", "0123456789ab" },
		{ "/system.slice/docker-%s.scope/init.scope", "init.scope" },
		{ "/lxc.payload.web", "lxc.payload.web" },
		{ "/a/b", "a/b" },
		{ "/.service", ".service" }, /* an ending alone is no unit */
		{ "/x\n\"'/y", "x\n\"'/y" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = strstr(cases[i].path, "%s");

		snprintf(path, sizeof(path), "%.*s%s%s",
			 at ? (int)(at - cases[i].path) : (int)strlen(cases[i].path), cases[i].path,
			 at ? id : "", at ? at + 2 : "");
		kidos_connect_unit_of(path, unit);
		assert_string_equal(unit, cases[i].unit);
	}
	memset(path, 'u', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	kidos_connect_unit_of(path, unit);
	assert_int_equal(strlen(unit), KIDOS_CONNECT_UNIT - 1);
}

static void test_latency(void **state)
{
	uint64_t buckets[KIDOS_CONNECT_BUCKETS] = {};

	(void)state;
	assert_true(isnan(kidos_connect_percentile(buckets, 50)));
	buckets[10] = 100; /* 1024 to 2047 ns */
	assert_true(fabs(kidos_connect_percentile(buckets, 50) - 1536e-9) < 1e-12);
	assert_true(fabs(kidos_connect_percentile(buckets, 99) - 2037.76e-9) < 1e-12);
	buckets[30] = 1; /* one that took a second */
	assert_true(kidos_connect_percentile(buckets, 99) < 3e-6);
	assert_true(kidos_connect_percentile(buckets, 100) > 2.1);
	memset(buckets, 0, sizeof(buckets));
	buckets[0] = 1;
	assert_true(kidos_connect_percentile(buckets, 99) <= 2e-9);
	buckets[0] = 0;
	buckets[KIDOS_CONNECT_BUCKETS - 1] = UINT64_MAX / 200;
	assert_true(kidos_connect_percentile(buckets, 1) > 549);
}

/* What has a name, then what has none of it: the sums stay, and an owner that comes back is new. */
static void test_owners_are_folded(void **state)
{
	const struct kidos_connect_owner gone = { .cgroup = KIDOS_CONNECT_CGROUP_GONE };
	struct kidos_connect_owners owners;
	struct kidos_connect_tally tally;
	struct kidos_connect_entry *entry;
	uint64_t folded = 0;

	(void)state;
	assert_int_equal(kidos_connect_owners_init(&owners), 0);
	assert_int_equal(kidos_connect_tally_init(&tally, 8), 0);
	for (unsigned int i = 0; i < KIDOS_CONNECT_OWNERS; i++) {
		char comm[16];

		snprintf(comm, sizeof(comm), "p%u", i);
		entry = entry_of(&owners, &tally, comm);
		entry->now.attempts[KIDOS_CONNECT_TCP] = i + 1;
		entry->now.rx = 10;
	}
	for (int poll = 0; poll <= KIDOS_SERIES_ZEROS; poll++)
		poll_all(&owners, &tally);
	for (unsigned int i = 0; i < KIDOS_CONNECT_OWNERS; i += 2) {
		char comm[16];
		struct kidos_connect_owner owner;

		snprintf(comm, sizeof(comm), "p%u", i);
		owner = owner_of(comm, 7);
		folded += kidos_connect_owner_find(&owners, &owner)->attempts;
		assert_true(kidos_connect_owner_move(&owners, &owner, &gone));
	}
	kidos_connect_owners_forget(&owners);
	assert_int_equal(owners.count, KIDOS_CONNECT_OWNERS / 2 + 1);
	entry = kidos_connect_owner_find(&owners, &gone);
	assert_int_equal(entry->attempts, folded);
	/* The map has the sum, and a little that came at the last moment. */
	entry->now.attempts[KIDOS_CONNECT_TCP] = folded + 5;
	entry->now.rx = 10 * KIDOS_CONNECT_OWNERS / 2;
	entry = entry_of(&owners, &tally, "p0");
	entry->now.attempts[KIDOS_CONNECT_TCP] = 3;
	poll_all(&owners, &tally);
	assert_int_equal(sum_of(&tally, KIDOS_CONNECT_ATTEMPTS),
			 KIDOS_CONNECT_OWNERS * (KIDOS_CONNECT_OWNERS + 1) / 2 + 5 + 3);
	assert_int_equal(sum_of(&tally, KIDOS_CONNECT_TRAFFIC), 10 * KIDOS_CONNECT_OWNERS);
	assert_int_equal(series_of(&tally, "p0")->parts[KIDOS_CONNECT_ATTEMPTS].rx, 1 + 3);
	kidos_connect_owners_free(&owners);
	kidos_connect_tally_free(&tally);
}

static void test_failures_of_tcp(void **state)
{
	struct kidos_connect_owners owners;
	struct kidos_connect_tally tally;
	struct kidos_connect_entry *entry;

	(void)state;
	assert_int_equal(kidos_connect_owners_init(&owners), 0);
	assert_int_equal(kidos_connect_tally_init(&tally, 8), 0);
	entry = entry_of(&owners, &tally, "nc");
	entry->now.succeeded[KIDOS_CONNECT_TCP] = 3;
	entry->now.abandoned[KIDOS_CONNECT_TCP] = 1;
	entry->failed[KIDOS_CONNECT_TCP] = 6;
	entry->failed[KIDOS_CONNECT_UNIX] = 100; /* nobody's nscd */
	kidos_connect_owner_add(entry, &tally);
	assert_int_equal(tally.series[1].failed, 6);
	assert_int_equal(tally.series[1].judged, 10);
	kidos_connect_tally_emitted(&tally);
	kidos_connect_owner_add(entry, &tally);
	assert_int_equal(tally.series[1].judged, 0);
	kidos_connect_owners_free(&owners);
	kidos_connect_tally_free(&tally);
}

static void test_ignored(void **state)
{
	char *items[] = { "nscd", "/^kworker/", "/[0-9]$/" };
	const struct kidos_strings commands = { items, 3 };
	struct kidos_connect_ignored *ignored = kidos_connect_ignored_new(&commands);
	char reason[KIDOS_REASON];

	(void)state;
	assert_non_null(ignored);
	assert_true(kidos_connect_is_ignored(ignored, owner_of("nscd", 0).comm));
	assert_false(kidos_connect_is_ignored(ignored, owner_of("nscd.", 0).comm));
	assert_true(kidos_connect_is_ignored(ignored, owner_of("kworker/0:1", 0).comm));
	assert_true(kidos_connect_is_ignored(ignored, owner_of("0123456789abcde7", 0).comm));
	assert_false(kidos_connect_is_ignored(ignored, owner_of("", 0).comm));
	kidos_connect_ignored_free(ignored);
	assert_int_equal(kidos_connect_ignored_check("curl", reason), 0);
	assert_int_equal(kidos_connect_ignored_check("/a(b/", reason), -1);
	assert_non_null(strstr(reason, "bad regular expression"));
}

static void test_memory(void **state)
{
	const struct kidos_connect_settings settings = { .max_commands = 64,
							 .recorder = 65536,
							 .fanout = 100 };
	const struct kidos_connect_wanted none = {}, alerts = { .alerts = true },
					  whose = { .whose = true };
	struct kidos_connect_settings few = settings;
	struct kidos_connect_sizes sizes;
	uint64_t bytes, maps;

	(void)state;
	bytes = kidos_connect_fit(&settings, 2, none, UINT64_MAX / 2, &sizes);
	assert_int_equal(sizes.shift, 0);
	assert_int_equal(sizes.room, 32768);
	maps = bytes - (65536 - 128) * sizeof(struct kidos_connect_record);
	/* A byte less than all maps take: smaller ones, and records for the rest. */
	assert_true(kidos_connect_fit(&settings, 2, none, maps - 1, &sizes) < maps);
	assert_int_equal(sizes.shift, 1);
	assert_true(sizes.room > KIDOS_CONNECT_ROOM_LEAST);
	assert_int_equal(kidos_connect_fit(&settings, 2, none, 0, &sizes), 0);
	assert_int_equal(sizes.shift, KIDOS_CONNECT_SHIFT_MOST);
	assert_int_equal(sizes.room, KIDOS_CONNECT_ROOM_LEAST);
	few.recorder = 1000;
	kidos_connect_fit(&few, 4, none, UINT64_MAX / 2, &sizes);
	assert_int_equal(sizes.room, 128);
	kidos_connect_fit(&few, 128, none, UINT64_MAX / 2, &sizes);
	assert_int_equal(sizes.room, KIDOS_CONNECT_ROOM_LEAST);
	/* It fits a small host beside the rest. */
	assert_true(kidos_connect_bytes(&settings, 2, none) < 6u << 20);
	assert_true(kidos_connect_bytes(&settings, 2, none) <
		    kidos_connect_bytes(&settings, 2, alerts));
	assert_true(kidos_connect_bytes(&settings, 2, none) <
		    kidos_connect_bytes(&settings, 2, whose));
	assert_true(kidos_connect_bytes(&settings, 2, whose) < 8u << 20);
	/* The larger table is among what takes room. */
	assert_true(kidos_connect_fit(&settings, 2, whose, maps, &sizes) <= maps);
	assert_int_equal(sizes.shift, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		{ "connects: a new series is 0 first", test_series, NULL, NULL, NULL },
		{ "connects: other is exact", test_other_is_exact, NULL, NULL, NULL },
		{ "connects: traffic is never counted twice", test_traffic_never_twice, NULL, NULL,
		  NULL },
		{ "connects: hostile names", test_hostile_names, NULL, NULL, NULL },
		{ "connects: long names", test_names_are_cut, NULL, NULL, NULL },
		{ "connects: units of control groups", test_units, NULL, NULL, NULL },
		{ "connects: percentiles of a histogram", test_latency, NULL, NULL, NULL },
		{ "connects: owners are folded", test_owners_are_folded, NULL, NULL, NULL },
		{ "connects: failures of TCP", test_failures_of_tcp, NULL, NULL, NULL },
		{ "connects: ignored commands", test_ignored, NULL, NULL, NULL },
		{ "connects: memory", test_memory, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("connects", tests, NULL, NULL) != 0;
}
