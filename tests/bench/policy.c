/* SPDX-License-Identifier: MIT */
/*
 * policy: what a policy adds to a packet, by its size: of flows that the table
 * has, whose verdict is cached, of new ones, and of flows that are refused. Each
 * is measured in turns with the same program without a policy.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "measure.h"
#include "median.h"
#include "policy/in_force.h"

#define ROUNDS 9
#define PACKETS 500000
#define NEW_FLOWS 100000 /* a round; the table has room for all rounds */
#define ALWAYS (1ull << 32)
#define SLOTS 65

struct policed_load {
	const char *name;
	unsigned int flows; /* 0: each packet is a new one's */
	bool refused;
};

static const struct policed_load loads[] = {
	{ "1 flow", 1, false },
	{ "1,000 flows", 1000, false },
	{ "100,000 flows", 100000, false },
	{ "new flows", 0, false },
	{ "refused, 1 flow", 1, true },
	{ "refused, 1,000 flows", 1000, true },
};

/* Prefixes that are denied inside 0.0.0.0/0; all sources but a few are permitted. */
static const int sizes[] = { 0, 100, 10000, 100000 };

struct policed {
	struct subject subject;
	struct kidos_maps maps;
	struct kidos_in_force force;
	double ns[ROUNDS];
};

static void die(const char *what, int error)
{
	fprintf(stderr, "policy: %s: %s\n", what, strerror(-error));
	exit(1);
}

/* Multiples of an odd number, spread over all addresses, and of another one than the driver's
 * flows. */
static char *file_text(int size, bool refused)
{
	char *text = malloc((size_t)size * 24 + 128), *at = text;

	if (!text)
		die("file", -ENOMEM);
	at += sprintf(at, "{\"permitted_cidrs\": [\"%s\"", refused ? "127.0.0.0/8" : "0.0.0.0/0");
	at += sprintf(at, "], \"denied_cidrs\": [");
	for (int i = 0; i < size; i++) {
		unsigned int address = (unsigned int)i * 2246822519u + 0x12345678;

		at += sprintf(at, "%s\"%u.%u.%u.%u/32\"", i ? "," : "", address >> 24,
			      address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
	}
	sprintf(at, "]}");
	return text;
}

static void take_maps(struct policed *policed)
{
	policed->maps = (struct kidos_maps)KIDOS_MAPS_NONE;
	for (int i = 0; i < KIDOS_MAPS; i++) {
		const struct bpf_map *map = bpf_object__find_map_by_name(
			policed->subject.object, kidos_map_set.rows[i].name);

		policed->maps.fd[i] = map ? bpf_map__fd(map) : -1;
	}
}

static void put_policy(struct policed *policed, int size, bool refused)
{
	static const struct kidos_slot slots[SLOTS];
	const struct kidos_meta meta = { .policy_room = KIDOS_POLICY_ROOM_LARGE, .slots = SLOTS };
	char *text = file_text(size, refused), reason[KIDOS_REASON];
	struct kidos_policy_file file;
	int error;

	if (kidos_policy_parse(&file, "policy", text, strlen(text), reason)) {
		fprintf(stderr, "%s\n", reason);
		exit(1);
	}
	free(text);
	take_maps(policed);
	error = kidos_in_force_open(&policed->force, &policed->maps, &meta);
	if (!error)
		error = kidos_in_force_put(&policed->force, &file, slots);
	if (error)
		die("put", error);
	policed->force.control->drop = 1;
	kidos_in_force_switch(&policed->force, true);
}

static void steer(const struct policed *policed, const struct policed_load *load,
		  unsigned int round)
{
	const struct driver_state state = {
		.random = 0x9e3779b97f4a7c15ull,
		.flows = load->flows ? load->flows : 1,
		.fresh = load->flows ? 0 : ALWAYS,
		.next = (1u << 28) + round * NEW_FLOWS,
	};
	int error = subject_steer(&policed->subject, 0, &state);

	if (error)
		die("steer", error);
}

/* size -1: without a policy */
static void open_policed(struct policed *policed, const struct policed_load *load, int size)
{
	const struct subject_options options = {
		.objects = KIDOS_OBJECTS,
		.policy_room = size < 0 ? 0 : KIDOS_POLICY_ROOM_LARGE,
	};
	int error = subject_load(&policed->subject, SUBJECT_KIDOS_XDP, packet_kind_find("udp"),
				 SHAPE_RANDOM, &options);

	if (error)
		die("load", error);
	if (size >= 0)
		put_policy(policed, size, load->refused);
	error = load->flows ? measure_fill(&policed->subject, load->flows) : 0;
	if (error)
		die("fill", error);
}

static void close_policed(struct policed *policed)
{
	kidos_in_force_close(&policed->force);
	subject_unload(&policed->subject);
}

static void run_round(struct policed *policed, const struct policed_load *load, unsigned int round)
{
	int error;

	steer(policed, load, round);
	error = subject_run(&policed->subject, load->flows ? PACKETS : NEW_FLOWS,
			    &policed->ns[round]);
	if (error)
		die("run", error);
}

static void one_row(const struct policed_load *load, int size)
{
	struct policed none = {}, some = {};
	double more[ROUNDS];

	open_policed(&none, load, -1);
	open_policed(&some, load, size);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		run_round(&none, load, round);
		run_round(&some, load, round);
		more[round] = some.ns[round] - none.ns[round];
	}
	printf("%-22s  %9d  %8.1f  %8.1f  %+8.1f\n", load->name, size, median(none.ns, ROUNDS),
	       median(some.ns, ROUNDS), median(more, ROUNDS));
	fflush(stdout);
	close_policed(&some);
	close_policed(&none);
}

static void one_load(const struct policed_load *load)
{
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		if (!load->refused || sizes[s] != 100)
			one_row(load, sizes[s]);
}

/* policy [LOAD] */
int main(int argc, char **argv)
{
	if (cpu_pin(0))
		die("pin", -errno);
	printf("ns a packet, driver included, median of %d rounds\n", ROUNDS);
	printf("%-22s  %9s  %8s  %8s  %8s\n", "LOAD", "PREFIXES", "WITHOUT", "WITH", "MORE");
	for (size_t l = 0; l < sizeof(loads) / sizeof(loads[0]); l++)
		if (argc < 2 || !strcmp(argv[1], loads[l].name))
			one_load(&loads[l]);
	return 0;
}
