/* SPDX-License-Identifier: MIT */
/*
 * The ledger of connections on every rung that this kernel has: beside exact
 * counts of what a program did, each in a process of its own.
 *
 * kernels: 5.10 7.2
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "connect_cases.h"
#include "connect_run.h"
#include "connects/sockets.h"
#include "core/cgroup_root.h"
#include "links/programs.h"

/* What a rung is called, which is all that a test gets. */
struct rung {
	const char *name;
	unsigned int probe;
	const struct kidos_connect_rung *row;
};

static const struct kidos_connect_rung *row_of(const char *name)
{
	for (size_t i = 0; i < kidos_connect_rung_count; i++)
		if (!strcmp(kidos_connect_rungs[i].name, name))
			return &kidos_connect_rungs[i];
	return NULL;
}

static unsigned int probe_of(const char *name)
{
	unsigned int probe = 0;

	while (strcmp(kidos_connect_probe_names[probe], name))
		probe++;
	return probe;
}

/* Without return codes: what failed early is known to have failed; the rest is known of TCP alone.
 */
static void expect(const struct connect_case *row, const struct kidos_connect_rung *rung,
		   struct ledger *ledger)
{
	bool sees = rung->returns || row->protocol == KIDOS_CONNECT_TCP;
	unsigned int failed = row->refused + row->timed_out + row->early;
	unsigned int many = row->many ? connect_many() : 1;

	*ledger = (struct ledger){ .attempts = many * row->attempts,
				   .succeeded = sees ? many * row->succeeded : 0,
				   .abandoned = many * row->abandoned,
				   .lost = sees ? 0 : many * row->attempts,
				   .failed = sees ? many * failed : 0,
				   .accepts = many * row->accepts };
	ledger->latencies = row->protocol == KIDOS_CONNECT_TCP ? ledger->succeeded : 0;
}

static bool is_equal(const struct ledger *a, const struct ledger *b)
{
	return a->attempts == b->attempts && a->succeeded == b->succeeded &&
	       a->abandoned == b->abandoned && a->lost == b->lost && a->failed == b->failed &&
	       a->accepts == b->accepts && a->latencies == b->latencies;
}

static void print_ledger(const char *what, const struct ledger *ledger)
{
	print_message("#   %s: %lu attempts, %lu succeeded, %lu failed, %lu abandoned, %lu lost, "
		      "%lu accepts, %lu latencies",
		      what, ledger->attempts, ledger->succeeded, ledger->failed, ledger->abandoned,
		      ledger->lost, ledger->accepts, ledger->latencies);
	for (size_t i = 0; i < RUN_ERRORS && ledger->errors[i].error; i++)
		print_message(", %lu x %s", ledger->errors[i].count,
			      strerror((int)ledger->errors[i].error));
	print_message("\n");
}

static bool has_errors(const struct run *run, const struct connect_case *row,
		       const struct kidos_connect_rung *rung)
{
	unsigned int many = row->many ? connect_many() : 1;
	unsigned int early = rung->returns ? row->early_error : KIDOS_CONNECT_ERRNO_UNKNOWN;

	if (!rung->returns && row->protocol != KIDOS_CONNECT_TCP)
		return true;
	return run_failures(run, row->name, row->protocol, ECONNREFUSED) == many * row->refused &&
	       run_failures(run, row->name, row->protocol, ETIMEDOUT) == row->timed_out &&
	       (!row->early || run_failures(run, row->name, row->protocol, early) == row->early);
}

static bool can_run(const struct connect_case *row)
{
	return !row->kernel || !access(row->kernel, F_OK);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* How much is wrong. */
static uint64_t check_case(const struct run *run, const struct connect_case *row,
			   const struct kidos_connect_rung *rung)
{
	struct ledger wanted, got;

	expect(row, rung, &wanted);
	if (strstr(run->state.blind, "whose listener accepted"))
		wanted.accepts = 0;
	run_ledger(run, row->name, row->protocol, &got);
	if (is_equal(&wanted, &got) && has_errors(run, row, rung))
		return 0;
	print_message("# %s at %s, %s:\n", row->name, run->state.rung, run->state.outcomes);
	print_ledger("wanted", &wanted);
	print_ledger("counted", &got);
	return 1 + distance(wanted.attempts, got.attempts) +
	       distance(wanted.succeeded, got.succeeded) + distance(wanted.failed, got.failed) +
	       distance(wanted.abandoned, got.abandoned);
}

/* Before 6.7 nothing at the root cgroup sees Unix sockets. */
static bool is_seen(const struct run *run, const struct connect_case *row)
{
	if (row->returns && !row_of(run->state.rung)->returns)
		return false;
	return can_run(row) && !(row->protocol == KIDOS_CONNECT_UNIX &&
				 strstr(run->state.blind, "connect() of Unix sockets"));
}

static void open_rung(struct run *run, const struct rung *rung, bool datagrams)
{
	run_open(run, rung->probe, datagrams);
	if (run->connects)
		return;
	run_close(run);
	print_message("# %s\n", run->reason);
	skip();
}

static void run_cases(struct run *run, const struct kidos_connect_rung *rung)
{
	uint64_t pending[KIDOS_CONNECT_PROTOCOLS], bad = 0, missed;

	for (size_t i = 0; i < connect_case_count; i++) {
		if (!is_seen(run, &connect_cases[i]))
			continue;
		assert_true(run_as(connect_cases[i].name, connect_cases[i].work, NULL));
	}
	sleep(2); /* of a rung without return codes: a call without a SYN has failed by then */
	assert_int_equal(kidos_connects_walk(run->connects), 0);
	for (size_t i = 0; i < connect_case_count; i++)
		if (is_seen(run, &connect_cases[i]))
			bad += check_case(run, &connect_cases[i], rung);
	assert_int_equal(kidos_connects_pending(run->connects, pending), 0);
	missed = kidos_connects_missed(run->connects);
	print_message("# %s, %s: missed %lu, a system call pays %llu ns more, datagrams %u\n",
		      run->state.rung, run->state.outcomes, missed, run->state.syscall_ns,
		      run->state.datagrams);
	/* Since 7.0 a kernel may skip a program: one run of it is at most so much. */
	assert_in_range(bad, 0, 4 * missed);
}

static void test_cases(void **state)
{
	const struct rung *rung = *state;
	struct run run;

	open_rung(&run, rung, false);
	run_cases(&run, rung->row);
	run_close(&run);
}

/* Somebody else's program, which lets no other in beside it; only where nobody else is. */
static int take_root(void)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCK_OPS, "kt_first", "GPL", program, 2, NULL);
	int root = kidos_cgroup_root();

	if (bpf_prog_attach(fd, root, BPF_CGROUP_SOCK_OPS, 0))
		fail_msg("the root cgroup: %s", strerror(errno));
	close(fd);
	return root;
}

static void test_set_state(void **state)
{
	struct run run;
	int root;

	(void)state;
	if (!getenv("KIDOS_SLOW"))
		skip(); /* others are at the root cgroup beside this test: not in guests */
	root = take_root();
	run_open(&run, 0, false);
	bpf_prog_detach(root, BPF_CGROUP_SOCK_OPS);
	close(root);
	assert_non_null(run.connects);
	assert_string_equal(run.state.outcomes, "inet_sock_set_state");
	run_cases(&run, row_of(run.state.rung));
	run_close(&run);
}

/* --- tests of one thing each, at the best rung --- */

static struct connect_shared *shared;

static void open_best(struct run *run, bool datagrams)
{
	static const struct rung best = { .name = "auto" };

	memset(shared, 0, sizeof(*shared));
	open_rung(run, &best, datagrams);
}

/* Both ends' sockets: what one sent the other received, exactly. */
static void test_bytes(void **state)
{
	struct kidos_connect_live live;
	struct ledger got;
	struct run run;

	(void)state;
	open_best(&run, false);
	assert_true(run_as("bytes", connect_bytes_work, shared));
	assert_int_equal(kidos_connects_walk(run.connects), 0);
	run_ledger(&run, "bytes", KIDOS_CONNECT_TCP, &got);
	run_live(&run, "bytes", &live);
	print_message("# %lu bytes sent, %lu counted; %lu received, %lu counted\n", shared->sent,
		      got.tx, shared->received, got.rx);
	run_close(&run);
	assert_true(shared->sent > 0);
	assert_int_equal(got.tx, shared->sent);
	assert_int_equal(got.rx, shared->received);
	assert_int_equal(live.sockets, 0);
}

static void test_snmp(void **state)
{
	struct ledger got;
	struct run run;

	(void)state;
	open_best(&run, false);
	assert_true(run_as("snmp", connect_snmp_work, shared));
	sleep(2);
	kidos_connects_walk(run.connects);
	run_ledger(&run, "snmp", KIDOS_CONNECT_TCP, &got);
	print_ledger("counted", &got);
	run_close(&run);
	assert_int_equal(got.attempts, shared->attempts);
	assert_int_equal(shared->active_opens, got.attempts - shared->early);
	assert_int_equal(shared->attempt_fails, shared->refused);
	assert_int_equal(got.failed, shared->refused + shared->early);
	assert_int_equal(shared->passive_opens, got.accepts);
	assert_int_equal(got.accepts, got.succeeded);
}

/* --- datagrams --- */

struct sends {
	uint64_t records, datagrams, mapped;
};

static void see_send(const struct kidos_connect_record *record, void *context)
{
	struct sends *sends = context;

	if (record->kind != KIDOS_CONNECT_SEND)
		return;
	sends->records++;
	sends->datagrams += record->count;
	assert_int_equal(record->protocol, 17);
	assert_true(record->family == 2 || record->family == 10);
	assert_int_not_equal(record->dport, 0);
	sends->mapped += record->family == 2 && record->dport == 7;
}

static void test_datagrams(void **state)
{
	struct sends sends = {};
	struct ledger got;
	struct run run;

	(void)state;
	open_best(&run, true);
	assert_int_equal(run.state.datagrams, 1);
	assert_true(run_as("datagrams", connect_datagrams_work, shared));
	assert_int_equal(kidos_connects_walk(run.connects), 0);
	run_ledger(&run, "datagrams", KIDOS_CONNECT_UDP, &got);
	run_records(&run, "datagrams", see_send, &sends);
	print_message("# %lu datagrams sent, %lu counted, in %lu records\n", shared->datagrams,
		      got.datagrams, sends.records);
	run_close(&run);
	assert_int_equal(got.datagrams, shared->datagrams);
	assert_int_equal(sends.datagrams, shared->datagrams);
	assert_int_equal(sends.mapped, 1);
	/* Each record is an attempt, and the one connect() is one too. */
	assert_int_equal(got.attempts, sends.records + 1);
}

/* --- many that block at once --- */

static void test_blocked(void **state)
{
	uint64_t pending[KIDOS_CONNECT_PROTOCOLS];
	struct ledger got;
	struct run run;
	pid_t child;

	(void)state;
	open_best(&run, false);
	child = run_start("blocked", connect_blocked_work, shared);
	for (int i = 0; i < 600; i++) {
		usleep(100000);
		run_ledger(&run, "blocked", KIDOS_CONNECT_TCP, &got);
		if (got.attempts == connect_blocked())
			break;
	}
	usleep(200000);
	assert_int_equal(kidos_connects_walk(run.connects), 0);
	assert_int_equal(kidos_connects_pending(run.connects, pending), 0);
	run_end(child);
	run_ledger(&run, "blocked", KIDOS_CONNECT_TCP, &got);
	print_ledger("counted", &got);
	print_message("# %lu were pending\n", pending[KIDOS_CONNECT_TCP]);
	run_close(&run);
	assert_int_equal(got.attempts, connect_blocked());
	assert_in_range(pending[KIDOS_CONNECT_TCP], connect_blocked(), connect_blocked() + 100);
	/* Killed before there was an outcome; or, where that took long, timed out. */
	assert_int_equal(got.abandoned + got.failed, connect_blocked());
}

/* --- what a record says --- */

struct seen {
	unsigned int kinds[5], outcomes[KIDOS_CONNECT_OUTCOMES];
	unsigned int good, paths, abstract;
};

static bool is_loopback(const union kidos_address *address)
{
	static const __u8 mapped[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };

	return !memcmp(address, mapped, sizeof(mapped));
}

static void see_record(const struct kidos_connect_record *record, void *context)
{
	struct seen *seen = context;

	assert_in_range(record->kind, 1, 4);
	seen->kinds[record->kind]++;
	seen->outcomes[record->outcome]++;
	seen->good += is_loopback(&record->src) && is_loopback(&record->dst) && record->sport &&
		      record->dport && record->protocol == 6 && record->family == 2 &&
		      record->type == 1 && record->tgid && record->tgid == record->tgid_initial &&
		      record->socket && record->netns && record->count == 1 && !record->error;
}

static void see_path(const struct kidos_connect_record *record, void *context)
{
	struct seen *seen = context;

	if (record->kind != KIDOS_CONNECT_CONNECT || record->family != 1)
		return;
	seen->paths += !strcmp(record->path, "/nowhere/\x1b[2J");
	seen->abstract += record->path_length == 12 && !memcmp(record->path, "\0kt-abstract", 12);
}

static const struct connect_case *case_of(const char *name)
{
	for (size_t i = 0; i < connect_case_count; i++)
		if (!strcmp(connect_cases[i].name, name))
			return &connect_cases[i];
	fail_msg("no case %s", name);
	return NULL;
}

static void test_records(void **state)
{
	const struct connect_case *open = case_of("open"), *local = case_of("unix");
	struct seen seen = {};
	struct run run;

	(void)state;
	open_best(&run, false);
	assert_true(run_as("records", open->work, NULL));
	assert_true(run_as("paths", local->work, NULL));
	run_records(&run, "records", see_record, &seen);
	run_records(&run, "paths", see_path, &seen);
	run_close(&run);
	assert_int_equal(seen.kinds[KIDOS_CONNECT_CONNECT], open->attempts);
	assert_int_equal(seen.kinds[KIDOS_CONNECT_ACCEPT], open->accepts);
	assert_int_equal(seen.kinds[KIDOS_CONNECT_CLOSE], 2 * open->attempts);
	assert_int_equal(seen.outcomes[KIDOS_CONNECT_SUCCEEDED], 4 * open->attempts);
	assert_int_equal(seen.good, 4 * open->attempts);
	assert_int_equal(seen.paths, local->early);
	assert_int_equal(seen.abstract, local->succeeded);
}

/* --- the trial, where the loopback interface is down --- */

static int load_there(unsigned int probe)
{
	struct run run;

	run_open(&run, probe, false);
	if (!run.connects)
		print_message("# %s\n", run.reason);
	fflush(NULL);
	return run.connects ? 0 : 1;
}

static void test_lo_down(void **state)
{
	static const char *const rungs[] = { "auto", "cgroup" };
	int status = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		fflush(NULL);
		if (!fork())
			_exit(unshare(CLONE_NEWNET) ? 2 : load_there(probe_of(rungs[i])));
		wait(&status);
		assert_int_equal(status, 0);
	}
}

/* --- in a PID namespace of its own, as in a container --- */

static void see_pids(const struct kidos_connect_record *record, void *context)
{
	unsigned int *good = context;

	*good += record->tgid && record->tgid < 100 && record->tgid_initial > record->tgid &&
		 record->tid == record->tgid;
}

static int connect_there(void)
{
	unsigned int good = 0;
	struct run run;

	run_open(&run, 0, false);
	if (!run.connects || !run_as("container", connect_cases[0].work, NULL))
		return 1;
	run_records(&run, "container", see_pids, &good);
	print_message("# %u records of %s with pids of the namespace\n", good, run.state.rung);
	fflush(NULL);
	run_close(&run);
	/* Attempts, accepts, and the ends of both. */
	return good != connect_cases[0].attempts * 4;
}

static void test_container(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	fflush(NULL);
	child = fork();
	if (!child) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS))
			_exit(2);
		child = fork();
		if (child) {
			waitpid(child, &status, 0);
			_exit(WEXITSTATUS(status));
		}
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
		if (mount("proc", "/proc", "proc", 0, NULL))
			_exit(2);
		_exit(connect_there());
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

/* --- sockets that are older than the programs --- */

struct found {
	unsigned int listeners, clients, servers;
	struct kidos_connect_socket client;
};

static bool see_socket(const struct kidos_connect_socket *socket, void *context)
{
	struct found *found = context;
	char comm[KIDOS_COMM];

	if (strcmp(socket->owner.comm, run_comm("old", comm)))
		return true;
	if (socket->state == 10) {
		found->listeners++;
		assert_int_equal(socket->sport, shared->port);
	} else if (socket->dport == shared->port) {
		found->clients++;
		found->client = *socket;
	} else {
		found->servers++;
	}
	return true;
}

static char list_path[64]; /* of the folder where the list is pinned */

static void find_old(struct found *found)
{
	memset(found, 0, sizeof(*found));
	assert_int_equal(kidos_connect_sockets_each(list_path, see_socket, found), 0);
	assert_int_equal(found->listeners, 1);
	assert_int_equal(found->clients, 1);
	assert_int_equal(found->servers, 1);
	assert_int_equal(found->client.since, 0);
	assert_int_not_equal(found->client.tgid, 0);
}

static void wait_for(const volatile uint16_t *port, bool there)
{
	for (int i = 0; i < 10000 && !!*port != there; i++)
		usleep(1000);
	assert_int_equal(!!*port, there);
}

/* Its bytes count from when it was found, once, although its end is not seen everywhere. */
static void check_old(struct run *run, struct found *found)
{
	struct kidos_connect_live live;
	struct ledger got;

	find_old(found);
	assert_int_equal(found->client.tx, 0);
	shared->datagrams = 1; /* go on */
	wait_for(&shared->port, false);
	shared->port = found->client.dport;
	find_old(found);
	assert_int_equal(found->client.tx, CONNECT_OLD);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kidos_connects_walk(run->connects), 0);
		run_ledger(run, "old", KIDOS_CONNECT_TCP, &got);
		run_live(run, "old", &live);
		assert_int_equal(live.sockets, 2);
		assert_int_equal(got.tx + live.tx, CONNECT_OLD);
		assert_int_equal(got.rx + live.rx, CONNECT_OLD);
	}
}

static void test_old(void **state)
{
	char pin[sizeof(list_path) + sizeof(KIDOS_CONNECT_SOCKETS_PIN)];
	struct found found;
	struct run run;
	pid_t child;

	(void)state;
	memset(shared, 0, sizeof(*shared));
	snprintf(list_path, sizeof(list_path), "/sys/fs/bpf/kt-connect-%d", getpid());
	snprintf(pin, sizeof(pin), "%s/" KIDOS_CONNECT_SOCKETS_PIN, list_path);
	assert_int_equal(mkdir(list_path, 0700), 0);
	child = run_start("old", connect_old_work, shared);
	wait_for(&shared->port, true);
	run_open(&run, 0, false);
	assert_non_null(run.connects);
	assert_int_equal(bpf_obj_pin(kidos_connects_list(run.connects), pin), 0);
	if (strstr(run.state.blind, "older than the daemon"))
		print_message("# sockets that are older are not seen on this kernel\n");
	else
		check_old(&run, &found);
	run_end(child);
	assert_int_equal(unlink(pin), 0);
	run_close(&run);
	assert_int_equal(rmdir(list_path), 0);
}

int main(void)
{
	static struct rung rungs[] = {
		{ .name = "fentry" }, { .name = "kprobe" }, { .name = "tracepoint" },
		{ .name = "cgroup" }, { .name = "raw" },
	};
	struct CMUnitTest tests[] = {
		{ "connects: attempts by fentry", test_cases, NULL, NULL, &rungs[0] },
		{ "connects: attempts by kprobe", test_cases, NULL, NULL, &rungs[1] },
		{ "connects: attempts by tp/syscalls", test_cases, NULL, NULL, &rungs[2] },
		{ "connects: attempts at the root cgroup", test_cases, NULL, NULL, &rungs[3] },
		{ "connects: attempts by raw tracepoints", test_cases, NULL, NULL, &rungs[4] },
		{ "connects: where the root cgroup is taken", test_set_state, NULL, NULL, NULL },
		{ "connects: payload of all sockets, to the byte", test_bytes, NULL, NULL, NULL },
		{ "connects: beside the kernel's own counters", test_snmp, NULL, NULL, NULL },
		{ "connects: datagrams without connect()", test_datagrams, NULL, NULL, NULL },
		{ "connects: many block at once", test_blocked, NULL, NULL, NULL },
		{ "connects: what records say", test_records, NULL, NULL, NULL },
		{ "connects: a namespace whose lo is down", test_lo_down, NULL, NULL, NULL },
		{ "connects: pids in a container", test_container, NULL, NULL, NULL },
		{ "connects: sockets older than the programs", test_old, NULL, NULL, NULL },
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		rungs[i].probe = probe_of(rungs[i].name);
		rungs[i].row = row_of(rungs[i].name);
	}
	kidos_libbpf_quiet();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("connects", tests, NULL, NULL) != 0;
}
