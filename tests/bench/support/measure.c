/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "median.h"
#include "peers.h"

#define ALWAYS (1ull << 32) /* of 2^32 packets */
#define TENTH (ALWAYS / 10)
#define MAX_ROUNDS 101
#define FRESH_BASE (1u << 30) /* new flows of CPU n are numbered from here, n + 1 times */
#define RANDOM 0x9e3779b97f4a7c15ull

const struct scenario scenarios[] = {
	{ "IPv4", "udp", LOAD_STEADY, 1, 1, false, SHAPE_RANDOM },
	{ "IPv4", "udp", LOAD_STEADY, 1000, 1, false, SHAPE_RANDOM },
	{ "IPv4", "udp", LOAD_STEADY, 100000, 1, false, SHAPE_RANDOM },
	{ "IPv4", "udp", LOAD_STEADY, 1000000, 1, false, SHAPE_RANDOM },
	{ "IPv4", "udp", LOAD_STEADY, 1, 2, false, SHAPE_RANDOM },
	{ "IPv4", "udp", LOAD_STEADY, 1000, 2, false, SHAPE_RANDOM },
	{ "IPv4", "udp", LOAD_STEADY, 100000, 2, false, SHAPE_RANDOM },
	{ "IPv4", "udp", LOAD_STEADY, 1000000, 2, false, SHAPE_RANDOM },
	{ "sources", "udp", LOAD_STEADY, 1000, 1, false, SHAPE_SOURCES },
	{ "sources", "udp", LOAD_STEADY, 100000, 1, false, SHAPE_SOURCES },
	{ "sources", "udp", LOAD_STEADY, 1000000, 1, false, SHAPE_SOURCES },
	{ "mesh", "udp", LOAD_STEADY, 1000, 1, false, SHAPE_MESH },
	{ "mesh", "udp", LOAD_STEADY, 100000, 1, false, SHAPE_MESH },
	{ "mesh", "udp", LOAD_STEADY, 1000000, 1, false, SHAPE_MESH },
	{ "NAT pool", "udp", LOAD_STEADY, 1000, 1, false, SHAPE_NAT },
	{ "NAT pool", "udp", LOAD_STEADY, 100000, 1, false, SHAPE_NAT },
	{ "NAT pool", "udp", LOAD_STEADY, 1000000, 1, false, SHAPE_NAT },
	{ "insert only", "udp", LOAD_INSERT, 1000000, 1, false, SHAPE_RANDOM },
	{ "insert only", "udp", LOAD_INSERT, 1000000, 2, false, SHAPE_RANDOM },
	{ "10 % new", "udp", LOAD_CHURN, 100000, 1, false, SHAPE_RANDOM },
	{ "10 % new", "udp", LOAD_CHURN, 100000, 2, false, SHAPE_RANDOM },
	{ "full table", "udp", LOAD_STEADY, 2 * PEER_FLOWS, 1, false, SHAPE_RANDOM },
	{ "full table", "udp", LOAD_STEADY, 2 * PEER_FLOWS, 2, false, SHAPE_RANDOM },
	{ "IPv6", "udp6", LOAD_STEADY, 1, 1, true, SHAPE_RANDOM },
	{ "IPv6", "udp6", LOAD_STEADY, 1000, 1, true, SHAPE_RANDOM },
	{ "IPv6", "udp6", LOAD_STEADY, 100000, 1, true, SHAPE_RANDOM },
	{ "IPv6", "udp6", LOAD_STEADY, 1000000, 1, true, SHAPE_RANDOM },
	{ "VLAN", "vlan-udp", LOAD_STEADY, 1, 1, true, SHAPE_RANDOM },
	{ "VLAN", "vlan-udp", LOAD_STEADY, 1000, 1, true, SHAPE_RANDOM },
	{ "VLAN", "vlan-udp", LOAD_STEADY, 100000, 1, true, SHAPE_RANDOM },
	{ "VLAN", "vlan-udp", LOAD_STEADY, 1000000, 1, true, SHAPE_RANDOM },
	{ 0 },
};

/* One CPU's part of a round. */
struct worker {
	const struct subject *subject;
	pthread_barrier_t *start;
	pthread_t thread;
	unsigned int cpu;
	unsigned int packets;
	double ns;
	int error;
};

static void *work(void *argument)
{
	struct worker *worker = argument;

	worker->error = cpu_pin(worker->cpu);
	pthread_barrier_wait(worker->start);
	if (!worker->error)
		worker->error = subject_run(worker->subject, worker->packets, &worker->ns);
	return NULL;
}

/* All CPUs at once; the mean over them. */
static int run_round(const struct subject *subject, unsigned int cpus, unsigned int packets,
		     double *ns)
{
	struct worker workers[DRIVER_CPUS] = { 0 };
	pthread_barrier_t start;
	unsigned int i;
	int error = 0;

	pthread_barrier_init(&start, NULL, cpus);
	for (i = 0; i < cpus; i++) {
		workers[i] = (struct worker){
			.subject = subject, .start = &start, .cpu = i, .packets = packets
		};
		/* the others would wait for ever at the barrier */
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			abort();
	}
	for (i = 0, *ns = 0; i < cpus; i++) {
		pthread_join(workers[i].thread, NULL);
		*ns += workers[i].ns / cpus;
		if (workers[i].error)
			error = workers[i].error;
	}
	pthread_barrier_destroy(&start);
	return error;
}

int measure_fill(const struct subject *subject, unsigned int flows)
{
	const struct driver_state state = { .random = RANDOM, .flows = 1, .fresh = ALWAYS };
	double ns;
	int error = subject_steer(subject, 0, &state);

	return error ? error : run_round(subject, 1, flows, &ns);
}

static int steer(const struct subject *subject, const struct scenario *scenario, unsigned int cpu)
{
	static const unsigned long long fresh[] = {
		[LOAD_STEADY] = 0,
		[LOAD_INSERT] = ALWAYS,
		[LOAD_CHURN] = TENTH,
	};
	const struct driver_state state = {
		.random = RANDOM * (cpu + 1),
		.flows = scenario->flows,
		.fresh = fresh[scenario->load],
		.next = FRESH_BASE * (cpu + 1ull),
	};

	return subject_steer(subject, cpu, &state);
}

static int prepare(struct subject *subject, const struct scenario *scenario, enum subject_id id,
		   const struct measure_options *options)
{
	const struct packet_kind *frame = packet_kind_find(scenario->frame);
	unsigned int cpu;
	int error = subject_load(subject, id, frame, scenario->shape, &options->subject);

	if (error)
		return error;
	if (scenario->load != LOAD_INSERT)
		error = measure_fill(subject, scenario->flows);
	for (cpu = 0; cpu < scenario->cpus && !error; cpu++)
		error = steer(subject, scenario, cpu);
	if (error)
		subject_unload(subject);
	return error;
}

static bool takes_part(const struct scenario *scenario, enum subject_id id)
{
	return !(scenario->ours_only && subject_kinds[id].minimal);
}

/* An insert-only round ends with a table that is no longer empty: it is loaded anew. */
static int one_round(struct subject *subject, const struct scenario *scenario, enum subject_id id,
		     const struct measure_options *options, double *ns)
{
	const bool insert = scenario->load == LOAD_INSERT;
	int error = 0;

	if (!subject->driver)
		error = prepare(subject, scenario, id, options);
	if (error)
		return error;
	error = run_round(subject, scenario->cpus,
			  insert ? scenario->flows / scenario->cpus : options->packets, ns);
	if (insert || error)
		subject_unload(subject);
	return error;
}

/* Of what the subject was sent since it was loaded. */
static double lost_share(const struct subject *subject, const struct scenario *scenario,
			 const struct measure_options *options)
{
	const double sent =
		scenario->flows + (double)options->rounds * scenario->cpus * options->packets;
	unsigned long long lost;

	if (!subject->driver || subject_lost(subject, &lost))
		return 0;
	return lost / sent;
}

/* The subjects take turns, so that a slow moment of the machine falls on all of them. */
int measure(const struct scenario *scenario, const struct measure_options *options,
	    struct cost costs[SUBJECTS])
{
	static double ns[SUBJECTS][MAX_ROUNDS];
	const unsigned int rounds = options->rounds < MAX_ROUNDS ? options->rounds : MAX_ROUNDS;
	struct subject subjects[SUBJECTS] = { 0 };
	unsigned int id, round;
	int error, failed = 0;

	for (id = 0; id < SUBJECTS; id++)
		costs[id] = (struct cost){ .valid = takes_part(scenario, id) };
	for (round = 0; round < rounds; round++) {
		for (id = 0; id < SUBJECTS; id++) {
			if (!costs[id].valid)
				continue;
			error = one_round(&subjects[id], scenario, id, options, &ns[id][round]);
			if (!error)
				continue;
			fprintf(stderr, "flows: %s: %s\n", subject_kinds[id].name,
				strerror(-error));
			costs[id].valid = false;
			failed = error;
		}
	}
	for (id = 0; id < SUBJECTS; id++) {
		if (costs[id].valid)
			costs[id].gross = median(ns[id], rounds);
		costs[id].lost = lost_share(&subjects[id], scenario, options);
		if (subjects[id].driver &&
		    subject_unaccounted(&subjects[id], &costs[id].unaccounted))
			failed = -EIO;
		subject_unload(&subjects[id]);
	}
	for (id = 0; id < SUBJECTS; id++)
		costs[id].net = costs[id].gross - costs[subject_kinds[id].empty].gross;
	return failed;
}
