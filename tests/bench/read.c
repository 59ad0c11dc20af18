/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "abi.h"
#include "measure.h"
#include "median.h"
#include "peers.h"

#define BATCH 4096
#define ROUNDS 3

/* Bytes that a system call writes for one key. */
static size_t value_size(const struct bpf_map *map)
{
	const size_t size = (bpf_map__value_size(map) + 7) / 8 * 8;

	return bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_HASH ? size * libbpf_num_possible_cpus()
							      : size;
}

static void add_value(const void *value, size_t size, struct read_result *result)
{
	const struct peer_flow *flow = value;
	size_t i;

	for (i = 0; i < size / sizeof(*flow); i++)
		result->packets += flow[i].packets;
	result->flows++;
}

static int read_walk(struct bpf_map *map, struct read_result *result)
{
	const int fd = bpf_map__fd(map);
	const size_t size = value_size(map);
	struct kidos_flow_key key, *previous = NULL;
	void *value = malloc(size);

	if (!value)
		return -ENOMEM;
	while (!bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (!bpf_map_lookup_elem(fd, &key, value))
			add_value(value, size, result);
	}
	free(value);
	return 0;
}

static int read_batches(int fd, size_t size, void *keys, char *values, struct read_result *result)
{
	struct kidos_flow_key in, out;
	void *resume = NULL;
	__u32 count, i;
	int error;

	do {
		count = BATCH;
		error = bpf_map_lookup_batch(fd, resume, &out, keys, values, &count, NULL);
		if (error && error != -ENOENT)
			return error;
		for (i = 0; i < count; i++)
			add_value(values + i * size, size, result);
		in = out;
		resume = &in;
	} while (!error);
	return 0;
}

static int read_batch(struct bpf_map *map, struct read_result *result)
{
	const size_t size = value_size(map);
	void *keys = calloc(BATCH, sizeof(struct kidos_flow_key));
	char *values = calloc(BATCH, size);
	int error = -ENOMEM;

	if (keys && values)
		error = read_batches(bpf_map__fd(map), size, keys, values, result);
	free(keys);
	free(values);
	return error;
}

static void add_set(const struct kidos_flow_set *set, struct read_result *result)
{
	unsigned int way;

	for (way = 0; way < KIDOS_WAYS; way++) {
		const __u64 state = set->ways[way].state;

		if (!((__u32)state >> KIDOS_STATE_OWNER_SHIFT))
			continue;
		result->packets += state >> KIDOS_STATE_PACKETS_SHIFT;
		result->flows++;
	}
}

/* kidos keeps its table in a mapping: no system call for what is in it. */
static int read_scan(struct bpf_map *map, struct read_result *result)
{
	const size_t sets = bpf_map__max_entries(map);
	const struct kidos_flow_set *table;
	size_t i;

	table = mmap(NULL, sets * sizeof(*table), PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
	if (table == MAP_FAILED)
		return -errno;
	for (i = 0; i < sets; i++)
		add_set(&table[i], result);
	munmap((void *)table, sets * sizeof(*table));
	return 0;
}

const struct read_way read_ways[] = {
	{ "PERCPU_HASH, next key and look-up", SUBJECT_PERCPU_HASH, read_walk },
	{ "HASH, next key and look-up", SUBJECT_HASH, read_walk },
	{ READ_BATCH, SUBJECT_PERCPU_HASH, read_batch },
	{ "HASH, batch look-up", SUBJECT_HASH, read_batch },
	{ READ_KIDOS, SUBJECT_KIDOS_XDP, read_scan },
	{ 0 },
};

static double clock_ms(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int read_rounds(const struct read_way *way, struct bpf_map *map, struct read_result *result)
{
	double wall[ROUNDS], cpu[ROUNDS];
	int round, error;

	for (round = 0; round < ROUNDS; round++) {
		*result = (struct read_result){ 0 };
		wall[round] = clock_ms(CLOCK_MONOTONIC);
		cpu[round] = clock_ms(CLOCK_THREAD_CPUTIME_ID);
		error = way->read(map, result);
		if (error)
			return error;
		wall[round] = clock_ms(CLOCK_MONOTONIC) - wall[round];
		cpu[round] = clock_ms(CLOCK_THREAD_CPUTIME_ID) - cpu[round];
	}
	result->wall_ms = median(wall, ROUNDS);
	result->cpu_ms = median(cpu, ROUNDS);
	return 0;
}

int read_measure(const struct read_way *way, unsigned int flows,
		 const struct subject_options *options, struct read_result *result)
{
	struct subject subject;
	int error = subject_load(&subject, way->subject, packet_kind_find("udp"), options);

	if (error)
		return error;
	error = measure_fill(&subject, flows);
	if (!error)
		error = read_rounds(way, subject_flows(&subject), result);
	subject_unload(&subject);
	return error;
}
