/* SPDX-License-Identifier: MIT */
#include "ctl_connect_maps.h"
#include "ctl_run.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connects/cgroups.h"
#include "core/flow_filter.h"
#include "links/programs.h"
#include "state/clock.h"
#include "state/directory.h"

#define CPUS 2u

struct connect_maps connect_maps = { .maps = KIDOS_CONNECT_MAPS_NONE };

static struct kidos_state directory = KIDOS_STATE_NONE;
static struct kidos_maps maps = KIDOS_MAPS_NONE;
static int control[KIDOS_CONTROL_MAPS];
static struct kidos_traffic *traffic;
static struct kidos_meta meta;

uint64_t clock_ns(int id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static union kidos_address address(const char *text)
{
	struct kidos_prefix prefix;

	assert_true(kidos_prefix_parse(text, &prefix));
	return prefix.address;
}

static struct kidos_connect_owner owner_of(const char *comm)
{
	struct kidos_connect_owner owner = { .cgroup = CGROUP };

	memcpy(owner.comm, comm, strnlen(comm, sizeof(owner.comm)));
	return owner;
}

struct kidos_connect_record *connect_maps_record(unsigned int cpu, unsigned int n, unsigned int age)
{
	struct kidos_connect_record *record = &connect_maps.records[cpu * ROOM + n % ROOM];

	*record = (struct kidos_connect_record){
		.sequence = n,
		.sequence_end = n,
		.time = connect_maps.boot_ns - age * SECOND,
		.latency = 2500000,
		.socket = 77,
		.count = 1,
		.owner = owner_of("curl"),
		.tgid = 4242,
		.tgid_initial = 14242,
		.tid = 4243,
		.uid = 33,
		.netns = 4026531840u,
		.protocol = 6,
		.family = AF_INET,
		.type = SOCK_STREAM,
		.kind = KIDOS_CONNECT_CONNECT,
		.outcome = KIDOS_CONNECT_FAILED,
		.error = ECONNREFUSED,
		.src = address("192.0.2.1"),
		.dst = address("203.0.113.9"),
		.sport = (__u16)(40000 + n),
		.dport = 443,
	};
	return record;
}

/* Twenty of curl on CPU 0, 40 s to 21 s ago; others on CPU 1. */
static void fill_records(void)
{
	struct kidos_connect_record *record;

	for (unsigned int n = 1; n <= 20; n++)
		connect_maps_record(0, n, 41 - n);
	record = connect_maps_record(1, 1, 10);
	record->owner = owner_of("a\033[2J\n\"\\\xff");
	record->tgid = 5;
	record->tgid_initial = 5;
	record->family = AF_UNIX;
	record->protocol = 0;
	memset(&record->src, 0, 112);
	record->path_length = 12;
	memcpy(record->path, "/run/\n\033\"\\x\xff", 11);
	record = connect_maps_record(1, 2, 5);
	record->kind = KIDOS_CONNECT_CLOSE;
	record->outcome = KIDOS_CONNECT_SUCCEEDED;
	record->error = 0;
	record->rx = 1000;
	record->tx = 200;
	record->retransmits = 3;
	record->srtt_us = 1500;
	record = connect_maps_record(1, 3, 4);
	record->kind = KIDOS_CONNECT_SEND;
	record->outcome = KIDOS_CONNECT_SUCCEEDED;
	record->error = 0;
	record->protocol = 17;
	record->type = SOCK_DGRAM;
	record->count = 12;
	record->family = AF_INET6;
	record->dst = address("2001:db8::53");
	record->dport = 53;
	record->tgid = 0; /* the daemon has no number for it */
}

static void put(enum kidos_connect_map map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(connect_maps.maps.fd[map], key, value, BPF_ANY), 0);
}

static void fill_counts(void)
{
	struct kidos_connect_counts curl = { .attempts = { 100, 20, 10 },
					     .succeeded = { 60, 20, 5 },
					     .abandoned = { 5 },
					     .lost = { 1 },
					     .rx = 1000000,
					     .tx = 5000,
					     .retransmits = 4 };
	struct kidos_connect_counts nginx = { .accepts = 500, .rx = 2000, .tx = 9000000 };
	struct kidos_connect_live live = { .sockets = 3, .rx = 100, .tx = 200 };
	struct kidos_connect_failure failure = { .owner = owner_of("curl"),
						 .protocol = KIDOS_CONNECT_TCP,
						 .error = ECONNREFUSED };
	struct kidos_connect_owner owner = owner_of("curl");
	uint64_t count = 30;
	uint32_t index = KIDOS_CONNECT_TCP * KIDOS_CONNECT_ERRNOS + ETIMEDOUT;

	put(KIDOS_CONNECT_MAP_OWNERS, &owner, &curl);
	put(KIDOS_CONNECT_MAP_FAILURES, &failure, &count);
	failure.protocol = KIDOS_CONNECT_UNIX;
	failure.error = ENOENT;
	count = 5;
	put(KIDOS_CONNECT_MAP_FAILURES, &failure, &count);
	count = 2;
	put(KIDOS_CONNECT_MAP_FAILURES_OTHER, &index, &count);
	owner = owner_of("a\n\033\"/");
	put(KIDOS_CONNECT_MAP_OWNERS, &owner, &nginx);
	put(KIDOS_CONNECT_MAP_LIVE, &owner, &live);
}

static void fill_state(void)
{
	struct kidos_connect_state state = {
		.abi = KIDOS_ABI_VERSION,
		.running = 1,
		.cpus = CPUS,
		.room = ROOM,
		.started = connect_maps.boot_ns - 60 * SECOND,
		.missed = 7,
		.syscall_ns = 101,
		.rung = "a test's rung\n",
		.outcomes = "an outcome",
		.blind = "the dark\n\033",
	};
	struct kidos_connect_cgroup group = { "/system.slice/web\n.service" };
	uint64_t cgroup = CGROUP;
	uint32_t zero = 0;

	put(KIDOS_CONNECT_MAP_STATE, &zero, &state);
	put(KIDOS_CONNECT_MAP_UNITS, &cgroup, &group);
}

void connect_maps_fill(void)
{
	fill_counts();
	fill_records();
	fill_state();
}

static int make(enum kidos_connect_map map, unsigned int type, __u32 entries, __u32 flags)
{
	const struct kidos_map_row *row = &kidos_connect_map_set.rows[map];
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);

	connect_maps.maps.fd[map] =
		bpf_map_create(type, "kt_connects", row->key, row->value, entries, &opts);
	return connect_maps.maps.fd[map] < 0 ? -1 : 0;
}

static int make_maps(void)
{
	if (make(KIDOS_CONNECT_MAP_OWNERS, BPF_MAP_TYPE_HASH, 1024, 0) ||
	    make(KIDOS_CONNECT_MAP_FAILURES, BPF_MAP_TYPE_HASH, 1024, 0) ||
	    make(KIDOS_CONNECT_MAP_FAILURES_OTHER, BPF_MAP_TYPE_ARRAY,
		 KIDOS_CONNECT_PROTOCOLS * KIDOS_CONNECT_ERRNOS, 0) ||
	    make(KIDOS_CONNECT_MAP_RECORDS, BPF_MAP_TYPE_ARRAY, CPUS * ROOM, BPF_F_MMAPABLE) ||
	    make(KIDOS_CONNECT_MAP_EVENTS, BPF_MAP_TYPE_ARRAY, KIDOS_CONNECT_EVENTS, 0) ||
	    kidos_map_set_create(&kidos_connect_map_set, connect_maps.maps.fd, 0))
		return -1;
	connect_maps.records =
		mmap(NULL, CPUS * ROOM * sizeof(*connect_maps.records), PROT_READ | PROT_WRITE,
		     MAP_SHARED, connect_maps.maps.fd[KIDOS_CONNECT_MAP_RECORDS], 0);
	return connect_maps.records == MAP_FAILED ? -1 : 0;
}

void connect_maps_pin(void)
{
	assert_int_equal(
		kidos_state_pin_set(&directory, &kidos_connect_map_set, connect_maps.maps.fd), 0);
}

void connect_maps_privacy(unsigned int hidden_v4, bool hide_commands)
{
	meta.privacy = (struct kidos_privacy){ .hidden_v4 = (__u8)hidden_v4,
					       .hide_commands = hide_commands };
	assert_int_equal(kidos_maps_set_meta(&maps, &meta), 0);
}

int connect_maps_setup(void **state)
{
	char reason[KIDOS_REASON];

	(void)state;
	meta = (struct kidos_meta){ .abi = KIDOS_ABI_VERSION,
				    .pid = (__u32)getpid(),
				    .set_mask = 1023,
				    .slots = 2,
				    .max_flows = 4096,
				    .interval_ns = 600 * SECOND,
				    .version = "test" };
	snprintf(ctl_path, sizeof(ctl_path), "/sys/fs/bpf/kt-connects-%d", getpid());
	if (kidos_state_acquire(&directory, ctl_path, reason)) {
		print_message("# %s\n", reason);
		return -1;
	}
	if (kidos_clock_measure(&meta))
		return -1;
	meta.idle = (__u32)(60 * SECOND / meta.unit_ns);
	meta.started_ns = meta.last_poll_ns = clock_ns(CLOCK_REALTIME);
	maps.cpus = kidos_possible_cpus();
	traffic = kidos_traffic_load(&maps, &meta, 0);
	if (!traffic || kidos_map_set_create(&kidos_map_set, maps.fd, meta.slots) || make_maps() ||
	    kidos_maps_set_meta(&maps, &meta) || ctl_make_control(&directory, control))
		return -1;
	connect_maps.boot_ns = clock_ns(CLOCK_BOOTTIME);
	return kidos_state_pin_set(&directory, &kidos_map_set, maps.fd);
}

int connect_maps_teardown(void **state)
{
	(void)state;
	kidos_state_release(&directory);
	kidos_traffic_free(traffic);
	kidos_maps_close(&maps);
	kidos_connect_maps_close(&connect_maps.maps);
	kidos_map_set_close(&kidos_control_map_set, control);
	return 0;
}
