/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "abi_policy.h"
#include "state/baseline.h"
#include "state/clock.h"
#include "state/entry.h"
#include "core/names.h"
#include "packet.h"
#include "parse.h"
#include "table_run.h"

#define LOOPBACK 1 /* ifindex of test runs */

/* Programs that find a hash map in the table's place are loaded on its rung. */
static int make_hash(struct table_run *run)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);

	run->meta.baseline = 1;
	run->maps.fd[KIDOS_MAP_FLOWS] = bpf_map_create(
		BPF_MAP_TYPE_HASH, "flows", sizeof(struct kidos_flow_key),
		sizeof(struct kidos_flow_baseline), (__u32)run->meta.max_flows, &options);
	return run->maps.fd[KIDOS_MAP_FLOWS] < 0 ? -errno : 0;
}

/* While nobody sends yet: it is no work for threads. */
static int load_programs(struct table_run *run)
{
	for (int i = 0; i < KIDOS_PROGRAMS; i++) {
		int fd = kidos_traffic_fd(run->traffic, i);

		if (fd < 0)
			return fd;
	}
	return 0;
}

/*
 * Around each test run of an XDP program that is attached nowhere, the kernel
 * patches its XDP dispatcher. That takes longer than the run, and an emulated
 * 6.12 died of it (int3) while another CPU was in there.
 */
static int attach_to_loopback(struct table_run *run)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_SKB_MODE);

	if (unshare(CLONE_NEWNET))
		return -errno;
	run->link = bpf_link_create(kidos_traffic_fd(run->traffic, KIDOS_PROGRAM_XDP), LOOPBACK,
				    BPF_XDP, &options);
	return run->link < 0 ? -errno : 0;
}

static int open_with(struct table_run *run, unsigned int idle, bool hash, __u32 policy_room)
{
	int error;

	*run = (struct table_run){
	    .maps = KIDOS_MAPS_NONE,
	    .link = -1,
	    .slot = TABLE_SLOT,
	    .meta =
		{
		    .abi = KIDOS_ABI_VERSION,
		    .set_mask = TABLE_SETS - 1,
		    .idle = idle,
		    .slots = 4,
		    .ports_mask = 63,
		    .max_flows = TABLE_SETS * KIDOS_WAYS,
		    .policy_room = policy_room,
		},
	};
	run->maps.cpus = kidos_possible_cpus();
	if (kidos_clock_measure(&run->meta))
		return -errno;
	if (hash && make_hash(run))
		return -errno;
	run->traffic = kidos_traffic_load(&run->maps, &run->meta, 0);
	if (!run->traffic)
		return -errno;
	run->maps.meta = run->meta;
	error = load_programs(run);
	if (!error)
		error = attach_to_loopback(run);
	if (!error && kidos_maps_mmap(&run->maps))
		error = -EIO;
	if (!error)
		error = kidos_maps_set_port(&run->maps, 0, LOOPBACK, TABLE_SLOT,
					    KIDOS_PORT_ETHERNET);
	return error;
}

int table_run_open(struct table_run *run, unsigned int idle, bool hash)
{
	return open_with(run, idle, hash, 0);
}

int table_run_open_policed(struct table_run *run, unsigned int idle, bool hash)
{
	return open_with(run, idle, hash, KIDOS_POLICY_ROOM_SMALL);
}

void table_run_close(struct table_run *run)
{
	if (run->link >= 0)
		close(run->link);
	kidos_traffic_free(run->traffic);
	kidos_maps_close(&run->maps);
}

static unsigned int class_named(const char *name)
{
	for (unsigned int c = 0; c < KIDOS_CLASSES; c++)
		if (!strcmp(kidos_class_names[c], name))
			return c;
	fail_msg("no class %s", name);
	return 0;
}

void table_run_send(const struct table_run *run, enum kidos_program program, unsigned int kind,
		    unsigned int flow, struct table_counts *sent)
{
	table_run_burst(run, program, kind, flow, 1, sent);
}

void table_run_burst(const struct table_run *run, enum kidos_program program, unsigned int kind,
		     unsigned int flow, unsigned int times, struct table_counts *sent)
{
	enum kidos_direction direction = program == KIDOS_PROGRAM_TC_EGRESS ? KIDOS_TX : KIDOS_RX;
	LIBBPF_OPTS(bpf_test_run_opts, options);
	struct kidos_count *count;
	struct packet packet;

	packet_build(&packet_kinds[kind], &packet_defaults, flow, &packet);
	options.data_in = packet.bytes;
	options.data_size_in = (__u32)packet.length;
	options.repeat = (int)times;
	/* What a test run refuses is not sent: tc takes no IPv4 frame below 34 bytes. */
	if (bpf_prog_test_run_opts(kidos_traffic_fd(run->traffic, program), &options)) {
		assert_int_not_equal(program, KIDOS_PROGRAM_XDP);
		return;
	}
	count = &sent->classes[direction][class_named(packet_kinds[kind].class)];
	count->packets += times;
	count->bytes += times * packet.length;
}

static bool count_removed(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			  void *count)
{
	(void)key;
	(void)flow;
	++*(unsigned int *)count;
	return true;
}

unsigned int table_run_remove(const struct table_run *run, int age)
{
	struct kidos_clock clock;
	unsigned int count = 0;

	kidos_clock_now(&clock, &run->meta);
	assert_int_equal(kidos_baseline_remove(&run->maps,
					       kidos_clock_units(&clock) - (uint32_t)age,
					       count_removed, &count),
			 0);
	return count;
}

void table_run_slot(struct table_run *run, unsigned int slot)
{
	run->slot = slot;
	assert_int_equal(kidos_maps_set_port(&run->maps, 0, LOOPBACK, slot, KIDOS_PORT_ETHERNET),
			 0);
}

void table_run_totals(const struct table_run *run, struct table_counts *totals, uint64_t *errors)
{
	struct kidos_totals read;

	*totals = (struct table_counts){};
	*errors = 0;
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		assert_int_equal(kidos_maps_totals(&run->maps, run->slot, d, &read), 0);
		for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
			totals->classes[d][c].packets =
				read.hook[c].packets + read.extra[c].packets;
			totals->classes[d][c].bytes = read.hook[c].bytes + read.extra[c].bytes;
		}
		for (unsigned int e = KIDOS_PARSE_OK + 1; e < KIDOS_PARSE_ERRORS; e++)
			*errors += read.errors[e];
	}
}

void table_run_retired(const struct table_run *run, struct table_counts *retired)
{
	struct kidos_retired read;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		assert_int_equal(kidos_maps_retired(&run->maps, run->slot, d, &read), 0);
		memcpy(retired->classes[d], read.classes, sizeof(read.classes));
	}
}

static void add_live(struct table_counts *live, unsigned int slot, uint32_t meta, uint64_t packets,
		     uint64_t bytes)
{
	unsigned int direction = meta >> KIDOS_META_DIRECTION_SHIFT & 1;
	struct kidos_count *count = &live->classes[direction][kidos_class_of(meta & 0xff)];

	assert_int_equal(meta >> KIDOS_META_SLOT_SHIFT & KIDOS_META_SLOT_MASK, slot);
	count->packets += packets;
	count->bytes += bytes;
}

struct baseline_walk {
	struct table_counts *live;
	unsigned int slot;
	unsigned int flows;
};

static bool add_baseline(const struct kidos_flow_key *key, const struct kidos_flow_baseline *flow,
			 void *context)
{
	struct baseline_walk *walk = context;

	add_live(walk->live, walk->slot, key->meta, flow->packets, flow->bytes);
	walk->flows++;
	return true;
}

static bool read_entry(const struct kidos_maps *maps, uint32_t set, unsigned int way,
		       struct kidos_flow_reading *reading)
{
	const struct kidos_flow *flow = &maps->flows[set].ways[way];
	uint64_t state;

	do {
		if (kidos_flow_read(flow, reading))
			return true;
		if (kidos_key_is_empty(&reading->key))
			return false; /* emptied */
		state = __atomic_load_n(&flow->state, __ATOMIC_ACQUIRE);
	} while (state & KIDOS_STATE_WRITING || kidos_state_owner(state));
	return false;
}

unsigned int table_run_live(const struct table_run *run, struct table_counts *live)
{
	struct baseline_walk walk = { .live = live, .slot = run->slot };
	struct kidos_flow_reading reading;

	*live = (struct table_counts){};
	if (run->meta.baseline) {
		kidos_baseline_each(&run->maps, add_baseline, &walk);
		return walk.flows;
	}
	for (uint32_t set = 0; set < run->maps.sets; set++)
		for (unsigned int way = 0; way < KIDOS_WAYS; way++)
			if (read_entry(&run->maps, set, way, &reading)) {
				add_live(live, run->slot, reading.key.meta, reading.packets,
					 reading.bytes);
				walk.flows++;
			}
	return walk.flows;
}

struct kidos_count table_sum(const struct table_counts *counts)
{
	struct kidos_count sum = {};

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		for (unsigned int c = 0; c < KIDOS_CLASSES; c++) {
			sum.packets += counts->classes[d][c].packets;
			sum.bytes += counts->classes[d][c].bytes;
		}
	return sum;
}
