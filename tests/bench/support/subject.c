/* SPDX-License-Identifier: MIT */
#include "subject.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi.h"
#include "core/now.h"
#include "driver.skel.h"

#define VLAN_TAG 4

/* The peers' only global variable. */
static int peer_lost(struct bpf_object *object, unsigned long long *packets)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");
	const __u32 zero = 0;

	return map ? bpf_map_lookup_elem(bpf_map__fd(map), &zero, packets) : -ENOENT;
}

static int kidos_lost(struct bpf_object *object, unsigned long long *packets)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "events");
	const __u32 event = KIDOS_EVENT_UNATTRIBUTED;
	const int cpus = libbpf_num_possible_cpus();
	__u64 values[cpus];
	int cpu, error;

	error = map ? bpf_map_lookup_elem(bpf_map__fd(map), &event, values) : -ENOENT;
	for (cpu = 0, *packets = 0; cpu < cpus && !error; cpu++)
		*packets += values[cpu];
	return error;
}

const struct subject_kind subject_kinds[SUBJECTS] = {
	[SUBJECT_EMPTY_XDP] = {
		.name = "empty_xdp",
		.program = "empty_xdp",
		.driver = "drive_xdp",
		.empty = SUBJECT_EMPTY_XDP,
	},
	[SUBJECT_LIMIT] = {
		.name = "limit",
		.object = "peer_limit.bpf.o",
		.program = "peer_xdp",
		.driver = "drive_xdp",
		.empty = SUBJECT_EMPTY_XDP,
		.minimal = true,
	},
	[SUBJECT_PERCPU_HASH] = {
		.name = "PERCPU_HASH",
		.object = "peer_percpu_hash.bpf.o",
		.program = "peer_xdp",
		.driver = "drive_xdp",
		.empty = SUBJECT_EMPTY_XDP,
		.minimal = true,
		.lost = peer_lost,
	},
	[SUBJECT_HASH] = {
		.name = "HASH",
		.object = "peer_hash.bpf.o",
		.program = "peer_xdp",
		.driver = "drive_xdp",
		.empty = SUBJECT_EMPTY_XDP,
		.minimal = true,
		.lost = peer_lost,
	},
	[SUBJECT_KIDOS_XDP] = {
		.name = "kidos_xdp",
		.object = "traffic.bpf.o",
		.program = "kidos_xdp",
		.lost = kidos_lost,
		.totals = true,
		.driver = "drive_xdp",
		.empty = SUBJECT_EMPTY_XDP,
	},
	[SUBJECT_EMPTY_TC] = {
		.name = "empty_tc",
		.program = "empty_tc",
		.driver = "drive_tc",
		.empty = SUBJECT_EMPTY_TC,
	},
	[SUBJECT_KIDOS_TC] = {
		.name = "kidos_tc",
		.object = "traffic.bpf.o",
		.program = "kidos_tc_ingress",
		.lost = kidos_lost,
		.totals = true,
		.driver = "drive_tc",
		.empty = SUBJECT_EMPTY_TC,
	},
};

/* Of the object, only the program under test is loaded. */
static struct bpf_program *select_program(struct bpf_object *object, const char *name)
{
	struct bpf_program *program, *selected = NULL;

	bpf_object__for_each_program (program, object) {
		bool wanted = !strcmp(bpf_program__name(program), name);

		bpf_program__set_autoload(program, wanted);
		if (wanted)
			selected = program;
	}
	return selected;
}

/* The first member of the peers' read-only data. */
static void set_clock(struct bpf_object *object, bool coarse)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	size_t size;
	bool *clock = map ? (bool *)bpf_map__initial_value(map, &size) : NULL;

	if (clock)
		*clock = coarse;
}

static void set_policy(struct bpf_object *object, __u32 room)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	size_t size;
	struct kidos_traffic_config *config = (void *)bpf_map__initial_value(map, &size);

	config->policy_room = room;
	config->policy_ticks = 250;
	map = bpf_object__find_map_by_name(object, "policy_tables");
	bpf_map__set_value_size(bpf_map__inner_map(map), room);
}

static int load_object(struct subject *subject, const struct subject_kind *kind,
		       const struct subject_options *options, struct bpf_program **program)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", options->objects, kind->object);
	subject->object = bpf_object__open_file(path, NULL);
	if (!subject->object)
		return -errno;
	*program = select_program(subject->object, kind->program);
	if (!*program)
		return -ENOENT;
	if (options->policy_room)
		set_policy(subject->object, options->policy_room);
	if (kind->minimal)
		set_clock(subject->object, options->coarse_clock);
	return bpf_object__load(subject->object);
}

static void set_frame(struct subject *subject, const struct packet_kind *frame,
		      enum driver_shape shape)
{
	const size_t l3 = ETH_HLEN + VLAN_TAG * (!!frame->tags[0] + !!frame->tags[1]);
	struct driver_config *config = (struct driver_config *)&subject->driver->rodata->config;
	bool v4;

	packet_build(frame, &packet_defaults, 0, &subject->packet);
	v4 = subject->packet.bytes[l3] >> 4 == 4;
	config->source_at = l3 + (v4 ? 12 : 20);
	config->destination_at = l3 + (v4 ? 16 : 36);
	config->shape = shape;
	config->port_at = l3 + (v4 ? 20 : 40);
}

/*
 * A program array takes programs of the type, attach type and flags of the
 * first, so the driver takes after the program under test.
 */
static int load_driver(struct subject *subject, const struct subject_kind *kind,
		       struct bpf_program *program)
{
	struct bpf_object *object = subject->driver->obj;
	struct bpf_program *driver = select_program(object, kind->driver);
	const __u32 zero = 0;
	int error, fd;

	if (program) {
		bpf_program__set_expected_attach_type(driver,
						      bpf_program__expected_attach_type(program));
	} else {
		program = bpf_object__find_program_by_name(object, kind->program);
		bpf_program__set_autoload(program, true);
	}
	error = driver_bpf__load(subject->driver);
	if (error)
		return error;
	subject->driver_fd = bpf_program__fd(driver);
	fd = bpf_program__fd(program);
	return bpf_map_update_elem(bpf_map__fd(subject->driver->maps.target), &zero, &fd, BPF_ANY);
}

int subject_load(struct subject *subject, enum subject_id id, const struct packet_kind *frame,
		 enum driver_shape shape, const struct subject_options *options)
{
	const struct subject_kind *kind = &subject_kinds[id];
	struct bpf_program *program = NULL;
	int error = 0;

	*subject = (struct subject){ .kind = kind };
	subject->driver = driver_bpf__open();
	if (!subject->driver)
		return -errno;
	set_frame(subject, frame, shape);
	if (kind->object)
		error = load_object(subject, kind, options, &program);
	if (!error)
		error = load_driver(subject, kind, program);
	if (error)
		subject_unload(subject);
	return error;
}

void subject_unload(struct subject *subject)
{
	driver_bpf__destroy(subject->driver);
	bpf_object__close(subject->object);
	memset(subject, 0, sizeof(*subject));
}

struct bpf_map *subject_flows(const struct subject *subject)
{
	return subject->object ? bpf_object__find_map_by_name(subject->object, "flows") : NULL;
}

int subject_lost(const struct subject *subject, unsigned long long *packets)
{
	*packets = 0;
	return subject->kind->lost ? subject->kind->lost(subject->object, packets) : 0;
}

/* Wire packets of all slots and directions, of what holds two counts of each class. */
static int sum_map(struct bpf_object *object, const char *name, long long *packets)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	const bool per_cpu = map && bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
	const size_t copies = per_cpu ? (size_t)libbpf_num_possible_cpus() : 1;
	const size_t counts = (per_cpu ? 2 : 1) * KIDOS_CLASSES;
	const size_t size = map ? bpf_map__value_size(map) : 0;
	char *values = calloc(copies, size);
	int error = map && values ? 0 : -ENOMEM;

	for (__u32 i = 0; !error && i < bpf_map__max_entries(map); i++) {
		error = bpf_map_lookup_elem(bpf_map__fd(map), &i, values);
		for (size_t c = 0; !error && c < copies * counts; c++)
			*packets += ((struct kidos_count *)(values + c / counts * size))[c % counts]
					    .packets;
	}
	free(values);
	return error;
}

static int sum_entries(const struct subject *subject, long long *packets)
{
	struct bpf_map *map = subject_flows(subject);
	const size_t sets = bpf_map__max_entries(map), size = sets * sizeof(struct kidos_flow_set);
	const struct kidos_flow_set *table =
		mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);

	if (table == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < sets * KIDOS_WAYS; i++)
		*packets += table[i / KIDOS_WAYS].ways[i % KIDOS_WAYS].state >>
			    KIDOS_STATE_PACKETS_SHIFT;
	munmap((void *)(uintptr_t)table, size);
	return 0;
}

int subject_unaccounted(const struct subject *subject, long long *packets)
{
	long long held = 0;
	int error;

	*packets = 0;
	if (!subject->kind->totals)
		return 0;
	error = sum_map(subject->object, "totals", packets);
	if (!error)
		error = sum_map(subject->object, "retired", &held);
	if (!error)
		error = sum_entries(subject, &held);
	*packets -= held;
	return error;
}

int subject_steer(const struct subject *subject, unsigned int cpu, const struct driver_state *state)
{
	return bpf_map_update_elem(bpf_map__fd(subject->driver->maps.states), &cpu, state, BPF_ANY);
}

/* CPU time, not the run's own duration: that is in whole ns and counts who else was on the CPU. */
int subject_run(const struct subject *subject, unsigned int packets, double *ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = (void *)subject->packet.bytes,
		    .data_size_in = subject->packet.length, .repeat = packets);
	const uint64_t start = kidos_now_ns(CLOCK_THREAD_CPUTIME_ID);
	int error = bpf_prog_test_run_opts(subject->driver_fd, &options);

	*ns = (double)(kidos_now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / packets;
	if (error)
		return error;
	/* XDP_ABORTED, TC_ACT_OK: the driver's word that there was no tail call */
	return options.retval ? 0 : -ENOEXEC;
}
