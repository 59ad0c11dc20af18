/* SPDX-License-Identifier: MIT */
#include "connect_run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 8192

static size_t record_bytes(const struct run *run)
{
	return (size_t)run->state.cpus * run->state.room * sizeof(*run->records);
}

void run_open(struct run *run, unsigned int probe, bool datagrams)
{
	*run = (struct run){ .maps = KIDOS_CONNECT_MAPS_NONE };
	run->state.abi = KIDOS_ABI_VERSION;
	run->state.cpus = (__u32)libbpf_num_possible_cpus();
	run->state.room = ROOM;
	if (kidos_map_set_create(&kidos_connect_map_set, run->maps.fd, 0))
		abort();
	run->connects = kidos_connects_load(&run->maps, &run->state, probe, datagrams, run->reason);
	if (!run->connects)
		return;
	run->records = mmap(NULL, record_bytes(run), PROT_READ, MAP_SHARED,
			    run->maps.fd[KIDOS_CONNECT_MAP_RECORDS], 0);
	if (run->records == MAP_FAILED)
		abort();
}

void run_close(struct run *run)
{
	if (run->records)
		munmap(run->records, record_bytes(run));
	kidos_connects_free(run->connects);
	kidos_connect_maps_close(&run->maps);
}

static int set_up_lo(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		return -1;
	request.ifr_flags |= IFF_UP;
	error = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return error;
}

/* Another run of this test may be seen by the same hooks: names begin with this one's number. */
static unsigned int run_id;

static void __attribute__((constructor)) choose_id(void)
{
	run_id = (unsigned int)getpid() & 0xffff;
}

const char *run_comm(const char *name, char comm[KIDOS_COMM])
{
	snprintf(comm, KIDOS_COMM, "%04x-%.10s", run_id, name);
	return comm;
}

static int be(const char *name, int (*work)(void *context), void *context)
{
	char comm[KIDOS_COMM];

	if (unshare(CLONE_NEWNET) || set_up_lo()) {
		perror("# a network namespace");
		return 1;
	}
	prctl(PR_SET_NAME, run_comm(name, comm));
	return work(context);
}

pid_t run_start(const char *name, int (*work)(void *context), void *context)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child)
		return child;
	status = be(name, work, context);
	fflush(NULL);
	_exit(status);
}

void run_end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

bool run_as(const char *name, int (*work)(void *context), void *context)
{
	pid_t child = run_start(name, work, context);
	int status = 0;

	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	if (status)
		printf("# %s ended with %#x\n", name, (unsigned int)status);
	return !status;
}

static bool is_of(const struct kidos_connect_owner *owner, const char *name)
{
	char comm[KIDOS_COMM];

	return !strncmp(owner->comm, run_comm(name, comm), sizeof(owner->comm));
}

static void add_counts(struct ledger *ledger, const struct kidos_connect_counts *counts,
		       enum kidos_connect_protocol protocol)
{
	ledger->attempts += counts->attempts[protocol];
	ledger->succeeded += counts->succeeded[protocol];
	ledger->abandoned += counts->abandoned[protocol];
	ledger->lost += counts->lost[protocol];
	ledger->accepts += counts->accepts;
	ledger->rx += counts->rx;
	ledger->tx += counts->tx;
	ledger->retransmits += counts->retransmits;
	ledger->datagrams += counts->datagrams;
	for (size_t i = 0; i < KIDOS_CONNECT_BUCKETS; i++)
		ledger->latencies += counts->latency[i];
}

static void add_failure(struct ledger *ledger, unsigned int error, uint64_t count)
{
	size_t i = 0;

	ledger->failed += count;
	while (i < RUN_ERRORS && ledger->errors[i].error && ledger->errors[i].error != error)
		i++;
	if (i == RUN_ERRORS)
		return;
	ledger->errors[i].error = error;
	ledger->errors[i].count += count;
}

static void add_failures(const struct run *run, const char *name,
			 enum kidos_connect_protocol protocol, struct ledger *ledger)
{
	int fd = run->maps.fd[KIDOS_CONNECT_MAP_FAILURES];
	struct kidos_connect_failure key, *before = NULL;
	uint64_t count;

	while (!bpf_map_get_next_key(fd, before, &key)) {
		if (is_of(&key.owner, name) && key.protocol == protocol &&
		    !bpf_map_lookup_elem(fd, &key, &count))
			add_failure(ledger, key.error, count);
		before = &key;
	}
}

void run_ledger(const struct run *run, const char *name, enum kidos_connect_protocol protocol,
		struct ledger *ledger)
{
	int fd = run->maps.fd[KIDOS_CONNECT_MAP_OWNERS];
	struct kidos_connect_owner key, *before = NULL;
	struct kidos_connect_counts counts;

	memset(ledger, 0, sizeof(*ledger));
	while (!bpf_map_get_next_key(fd, before, &key)) {
		if (is_of(&key, name) && !bpf_map_lookup_elem(fd, &key, &counts))
			add_counts(ledger, &counts, protocol);
		before = &key;
	}
	add_failures(run, name, protocol, ledger);
}

uint64_t run_failures(const struct run *run, const char *name, enum kidos_connect_protocol protocol,
		      unsigned int error)
{
	struct ledger ledger;

	run_ledger(run, name, protocol, &ledger);
	for (size_t i = 0; i < RUN_ERRORS; i++)
		if (ledger.errors[i].error == error)
			return ledger.errors[i].count;
	return 0;
}

void run_live(const struct run *run, const char *name, struct kidos_connect_live *live)
{
	int fd = run->maps.fd[KIDOS_CONNECT_MAP_LIVE];
	struct kidos_connect_owner key, *before = NULL;
	struct kidos_connect_live one;

	memset(live, 0, sizeof(*live));
	for (; !bpf_map_get_next_key(fd, before, &key); before = &key) {
		if (!is_of(&key, name) || bpf_map_lookup_elem(fd, &key, &one))
			continue;
		live->sockets += one.sockets;
		live->rx += one.rx;
		live->tx += one.tx;
		live->retransmits += one.retransmits;
	}
}

static int compare(const void *a, const void *b)
{
	const struct kidos_connect_record *const *x = a, *const *y = b;

	return ((*x)->time > (*y)->time) - ((*x)->time < (*y)->time);
}

size_t run_records(const struct run *run, const char *name,
		   void (*see)(const struct kidos_connect_record *record, void *context),
		   void *context)
{
	size_t all = (size_t)run->state.cpus * run->state.room, count = 0;
	const struct kidos_connect_record **found = calloc(all, sizeof(*found));

	for (size_t i = 0; found && i < all; i++) {
		const struct kidos_connect_record *record = &run->records[i];

		if (record->sequence && record->sequence == record->sequence_end &&
		    is_of(&record->owner, name))
			found[count++] = record;
	}
	qsort(found, count, sizeof(*found), compare);
	for (size_t i = 0; see && i < count; i++)
		see(found[i], context);
	free(found);
	return count;
}
