/* SPDX-License-Identifier: MIT */
/*
 * connects [ROUNDS]: what connect(), datagrams and other system calls take
 * more on each rung of the ladder that this kernel has, beside programs that do
 * nothing at the same places; and how many events a second it takes before the
 * first is lost. Fails where a bar is not met.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>

#include "connect_load.h"
#include "connects/programs.h"
#include "core/cgroup_root.h"
#include "core/now.h"
#include "links/programs.h"

#include "connects_empty.skel.h"

#define ROUNDS_MAX 99
#define LOADS 5
#define SUBJECTS 12
#define ROOM 8192
#define NAME "kidos-bench"

enum kind { BARE, EMPTY, KIDOS };

struct subject {
	enum kind kind;
	const char *rung; /* NULL: none */
	unsigned int probe;
	bool there;
	double ns[LOADS][ROUNDS_MAX];
};

static struct subject subjects[SUBJECTS];
static unsigned int subject_count, rounds = 7;

/* What is attached now. */
static struct attached {
	struct kidos_connect_maps maps;
	struct kidos_connect_state state;
	struct kidos_connects *connects;
	struct bpf_object *empty;
	struct bpf_link *links[8];
} attached;

/* --- subjects --- */

static bool is_of(const char *program, const char *rung)
{
	return !strncmp(program, rung, strlen(rung)) || !strcmp(program, "outcomes");
}

static bool attach_empty(const char *rung)
{
	struct bpf_program *program;
	size_t size, i = 0;
	const void *elf = connects_empty_bpf__elf_bytes(&size);
	int root = kidos_cgroup_root();

	attached.empty = bpf_object__open_mem(elf, size, NULL);
	bpf_object__for_each_program (program, attached.empty)
		bpf_program__set_autoload(program, is_of(bpf_program__name(program), rung));
	if (bpf_object__load(attached.empty))
		return false;
	bpf_object__for_each_program (program, attached.empty) {
		enum bpf_prog_type type = bpf_program__type(program);

		if (!bpf_program__autoload(program))
			continue;
		attached.links[i] =
			type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR || type == BPF_PROG_TYPE_SOCK_OPS
				? bpf_program__attach_cgroup(program, root)
				: bpf_program__attach(program);
		if (!attached.links[i++])
			return false;
	}
	return true;
}

static bool attach_kidos(unsigned int probe, bool datagrams)
{
	char reason[KIDOS_REASON];

	attached.state = (struct kidos_connect_state){ .abi = KIDOS_ABI_VERSION,
						       .cpus = (__u32)libbpf_num_possible_cpus(),
						       .room = ROOM };
	attached.connects =
		kidos_connects_load(&attached.maps, &attached.state, probe, datagrams, reason);
	return attached.connects;
}

static bool attach(const struct subject *subject, bool datagrams)
{
	if (subject->kind == EMPTY)
		return attach_empty(subject->rung);
	return subject->kind == BARE || attach_kidos(subject->probe, datagrams);
}

static void detach(void)
{
	for (size_t i = 0; i < sizeof(attached.links) / sizeof(attached.links[0]); i++) {
		bpf_link__destroy(attached.links[i]);
		attached.links[i] = NULL;
	}
	bpf_object__close(attached.empty);
	attached.empty = NULL;
	kidos_connects_free(attached.connects);
	attached.connects = NULL;
	kidos_connect_maps_close(&attached.maps);
}

static void add_subject(enum kind kind, unsigned int probe)
{
	subjects[subject_count++] = (struct subject){
		.kind = kind,
		.rung = probe ? kidos_connect_probe_names[probe] : NULL,
		.probe = probe,
		.there = true,
	};
}

static void make_subjects(void)
{
	add_subject(BARE, 0);
	for (unsigned int probe = 1; kidos_connect_probe_names[probe]; probe++) {
		add_subject(EMPTY, probe);
		add_subject(KIDOS, probe);
	}
}

/* --- costs --- */

enum { REFUSED, OPEN, UDP, SENDTO, GETPID };

/* Datagrams are counted at the root cgroup where that is asked for, and not while others run. */
static void measure_subject(struct subject *subject, unsigned int round, bool datagrams)
{
	subject->there = subject->there && attach(subject, datagrams);
	for (unsigned int load = 0; subject->there && load < LOADS; load++)
		if (datagrams == (load == SENDTO))
			subject->ns[load][round] = connect_load_measure(&connect_loads[load]);
	detach();
}

/* The subjects take turns, so that a slow moment of the machine falls on all of them. */
static void measure_round(unsigned int round)
{
	for (unsigned int i = 0; i < subject_count; i++) {
		measure_subject(&subjects[i], round, false);
		measure_subject(&subjects[i], round, true);
	}
}

/* The best of the rounds. */
static double cost(const struct subject *subject, unsigned int load)
{
	double best = subject->ns[load][0];

	for (unsigned int i = 1; i < rounds; i++)
		best = subject->ns[load][i] < best ? subject->ns[load][i] : best;
	return best;
}

static double bare(unsigned int load)
{
	return cost(&subjects[0], load);
}

/* ns more than without anything. */
static double added(const struct subject *subject, unsigned int load)
{
	return cost(subject, load) - bare(load);
}

static void print_subject(const struct subject *subject)
{
	printf("%-8s %-12s", subject->kind == KIDOS ? "kidos" : "empty", subject->rung);
	for (unsigned int load = 0; load < LOADS; load++) {
		double ns = added(subject, load);

		printf("  %+7.0f (%+4.0f%%)", ns, 100 * ns / bare(load));
	}
	printf("\n");
}

static void print_costs(void)
{
	printf("%-21s", "ns added, best of all");
	printf("\n%-21s", "");
	for (unsigned int load = 0; load < LOADS; load++)
		printf("  %15s", connect_loads[load].name);
	printf("\n%-8s %-12s", "without", "");
	for (unsigned int load = 0; load < LOADS; load++)
		printf("  %8.0f       ", bare(load));
	printf("\n");
	for (unsigned int i = 1; i < subject_count; i++) {
		if (subjects[i].there)
			print_subject(&subjects[i]);
		else if (subjects[i].kind == KIDOS)
			printf("%-21s this kernel has not got it\n", subjects[i].rung);
	}
	for (unsigned int load = 0; load < LOADS; load++)
		printf("  %s: %s\n", connect_loads[load].name, connect_loads[load].what);
}

/* --- bars --- */

static unsigned int judge(const char *what, double value, double bar)
{
	printf("%s %s: %.0f of at most %.0f\n", value < bar ? "ok  " : "OVER", what, value, bar);
	return value >= bar;
}

/* What a datagram takes at the root cgroup is judged where no system call pays for the rung. */
static unsigned int judge_subject(const struct subject *subject, const struct subject *empty)
{
	char what[128];
	unsigned int over;

	snprintf(what, sizeof(what), "%s: ns of a connect() with its outcome", subject->rung);
	over = judge(what, added(subject, REFUSED), 1300);
	if (!strcmp(subject->rung, "tracepoint"))
		return over;
	if (!strcmp(subject->rung, "cgroup")) {
		snprintf(what, sizeof(what), "%s: ns of a datagram to a known destination",
			 subject->rung);
		return over + judge(what, added(subject, SENDTO), 300);
	}
	snprintf(what, sizeof(what), "%s: percent of an empty program, a datagram", subject->rung);
	return over + judge(what, 100 * added(subject, SENDTO) / added(empty, SENDTO), 300);
}

/* One that is taken only when it is asked for has no bar to meet. */
static unsigned int judge_all(void)
{
	unsigned int over = 0;

	for (unsigned int i = 2; i < subject_count; i += 2)
		if (subjects[i].there && strcmp(subjects[i].rung, "raw"))
			over += judge_subject(&subjects[i], &subjects[i - 1]);
	return over;
}

/* --- a flood --- */

static uint64_t count_lost(void)
{
	struct kidos_connect_owner key, *before = NULL;
	struct kidos_connect_counts counts;
	uint64_t lost = kidos_connects_missed(attached.connects), events;
	int fd = attached.maps.fd[KIDOS_CONNECT_MAP_OWNERS];

	for (; !bpf_map_get_next_key(fd, before, &key); before = &key)
		if (!strcmp(key.comm, NAME) && !bpf_map_lookup_elem(fd, &key, &counts))
			lost += counts.lost[KIDOS_CONNECT_UDP];
	for (__u32 i = 0; i < KIDOS_CONNECT_EVENTS; i++)
		if (!bpf_map_lookup_elem(attached.maps.fd[KIDOS_CONNECT_MAP_EVENTS], &i, &events))
			lost += events;
	return lost;
}

/* At the rung that would be taken, if it sees how a UDP connect() ends. */
static unsigned int flood(void)
{
	static const double rates[] = { 1e5, 2e5, 4e5, 8e5, 0 };
	unsigned int over = 0;

	if (!attach_kidos(0, false))
		return 1;
	printf("a flood of connect() at %s, for a second each:\n", attached.state.rung);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct connect_flood flood = { .seconds = 1, .rate = rates[i] };
		uint64_t before = count_lost(), lost;

		connect_load_flood(&flood);
		lost = count_lost() - before;
		if (!strcmp(attached.state.rung, "cgroup"))
			lost -= flood.done; /* none of those has an outcome there */
		printf("  %7.0f a second: %lu lost\n", (double)flood.done, lost);
		over += !i && lost;
	}
	detach();
	return over;
}

/* --- the walk --- */

#define CONNECTIONS 9000
#define WALKS 5

static unsigned int walk(void)
{
	unsigned int count;
	double best = 1e18;

	if (!attach_kidos(0, false))
		return 1;
	count = 2 * connect_load_open(CONNECTIONS);
	for (int i = 0; i < WALKS; i++) {
		uint64_t start = kidos_now_ns(CLOCK_MONOTONIC), took;

		if (kidos_connects_walk(attached.connects))
			return 1;
		took = kidos_now_ns(CLOCK_MONOTONIC) - start;
		best = (double)took < best ? (double)took : best;
	}
	printf("a walk over %u open sockets: %.1f ms\n", count, best / 1e6);
	detach();
	return 0;
}

int main(int argc, char **argv)
{
	struct utsname name;
	unsigned int over;

	if (argc > 1)
		rounds = (unsigned int)atoi(argv[1]);
	if (!rounds || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: connects [ROUNDS], 1 to %d\n", ROUNDS_MAX);
		return 2;
	}
	uname(&name);
	prctl(PR_SET_NAME, NAME);
	kidos_libbpf_quiet();
	attached.maps = (struct kidos_connect_maps)KIDOS_CONNECT_MAPS_NONE;
	connect_load_prepare();
	make_subjects();
	printf("kernel %s, %u rounds\n", name.release, rounds);
	for (unsigned int i = 0; i < rounds; i++)
		measure_round(i);
	print_costs();
	over = judge_all();
	over += flood();
	over += walk();
	return over != 0;
}
