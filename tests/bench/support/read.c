/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "abi.h"
#include "core/now.h"
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

static int read_walk(const struct subject *subject, struct read_result *result)
{
	struct bpf_map *map = subject_flows(subject);
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

static int read_batch(const struct subject *subject, struct read_result *result)
{
	struct bpf_map *map = subject_flows(subject);
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

const struct read_way read_ways[] = {
	{ "PERCPU_HASH, next key and look-up", SUBJECT_PERCPU_HASH, read_walk, NULL, NULL },
	{ "HASH, next key and look-up", SUBJECT_HASH, read_walk, NULL, NULL },
	{ READ_BATCH, SUBJECT_PERCPU_HASH, read_batch, NULL, NULL },
	{ "HASH, batch look-up", SUBJECT_HASH, read_batch, NULL, NULL },
	{ READ_KIDOS, SUBJECT_KIDOS_XDP, read_kidos, read_kidos_open, read_kidos_close },
	{ 0 },
};

static double clock_ms(clockid_t clock)
{
	return (double)kidos_now_ns(clock) / 1e6;
}

/* Every flow has a new packet in each round: a reader that looks for what is new finds all. */
static int read_rounds(const struct read_way *way, const struct subject *subject,
		       unsigned int flows, struct read_result *result)
{
	double wall[ROUNDS], cpu[ROUNDS];
	int round, error;

	for (round = 0; round < ROUNDS; round++) {
		*result = (struct read_result){ 0 };
		error = measure_fill(subject, flows);
		if (error)
			return error;
		wall[round] = clock_ms(CLOCK_MONOTONIC);
		cpu[round] = clock_ms(CLOCK_THREAD_CPUTIME_ID);
		error = way->read(subject, result);
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
	int error = subject_load(&subject, way->subject, packet_kind_find("udp"), SHAPE_RANDOM,
				 options);

	if (error)
		return error;
	error = way->open ? way->open(&subject) : 0;
	if (!error)
		error = read_rounds(way, &subject, flows, result);
	if (way->close)
		way->close();
	subject_unload(&subject);
	return error;
}
