/* SPDX-License-Identifier: MIT */
/*
 * The ledger of connections on every rung that this kernel has: beside exact
 * counts of what a program did, each in a process of its own.
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
#include <sys/mman.h>
#include <unistd.h>
#include "connect_cases.h"
#include "connect_run.h"

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

	*ledger = (struct ledger){ .attempts = row->attempts,
				   .succeeded = sees ? row->succeeded : 0,
				   .abandoned = row->abandoned,
				   .lost = sees ? 0 : row->attempts,
				   .failed = sees ? row->refused + row->timed_out + row->early : 0,
				   .accepts = row->accepts };
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

static bool has_errors(const struct run *run, const char *comm, const struct connect_case *row,
		       const struct kidos_connect_rung *rung)
{
	unsigned int early =
		rung->returns ? row->early_error : KIDOS_CONNECT_ERRNO_UNKNOWN;

	if (!rung->returns && row->protocol != KIDOS_CONNECT_TCP)
		return true;
	return run_failures(run, comm, row->protocol, ECONNREFUSED) == row->refused &&
	       run_failures(run, comm, row->protocol, ETIMEDOUT) == row->timed_out &&
	       (!row->early || run_failures(run, comm, row->protocol, early) == row->early);
}

static void name_of(const struct connect_case *row, char comm[16])
{
	snprintf(comm, 16, "kt-%s", row->name);
}

static bool can_run(const struct connect_case *row)
{
	return !row->kernel || !access(row->kernel, F_OK);
}

static unsigned int check_case(const struct run *run, const struct connect_case *row,
			       const struct kidos_connect_rung *rung)
{
	struct ledger wanted, got;
	char comm[16];

	name_of(row, comm);
	expect(row, rung, &wanted);
	run_ledger(run, comm, row->protocol, &got);
	if (is_equal(&wanted, &got) && has_errors(run, comm, row, rung))
		return 0;
	print_message("# %s at %s, %s:\n", row->name, run->state.rung, run->state.outcomes);
	print_ledger("wanted", &wanted);
	print_ledger("counted", &got);
	return 1;
}

/* Tracepoints of the system call do not see the call; what it does on the wire they do. */
static bool is_seen(const struct connect_case *row, const struct kidos_connect_rung *rung)
{
	return can_run(row) && !(row->beside && rung->syscalls && row->early);
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

static void test_cases(void **state)
{
	const struct rung *rung = *state;
	uint64_t pending[KIDOS_CONNECT_PROTOCOLS];
	unsigned int bad = 0;
	struct run run;
	char comm[16];

	open_rung(&run, rung, false);
	for (size_t i = 0; i < connect_case_count; i++) {
		if (!is_seen(&connect_cases[i], rung->row))
			continue;
		name_of(&connect_cases[i], comm);
		bad += !run_as(comm, connect_cases[i].work, NULL);
	}
	sleep(2); /* of a rung without return codes: a call without a SYN has failed by then */
	assert_int_equal(kidos_connects_walk(run.connects), 0);
	for (size_t i = 0; i < connect_case_count; i++)
		if (is_seen(&connect_cases[i], rung->row))
			bad += check_case(&run, &connect_cases[i], rung->row);
	assert_int_equal(kidos_connects_pending(run.connects, pending), 0);
	print_message("# %s, %s: missed %lu, a system call pays %llu ns more, datagrams %u\n",
		      run.state.rung, run.state.outcomes, kidos_connects_missed(run.connects),
		      run.state.syscall_ns, run.state.datagrams);
	run_close(&run);
	assert_int_equal(bad, 0);
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
	};

	if (geteuid()) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		rungs[i].probe = probe_of(rungs[i].name);
		rungs[i].row = row_of(rungs[i].name);
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("connects", tests, NULL, NULL) != 0;
}
