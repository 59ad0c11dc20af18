/* SPDX-License-Identifier: MIT */
#include "connects/programs.h"
#include "connects/loaded.h"
#include "core/cgroup_root.h"
#include "core/ladder.h"
#include "core/log.h"
#include "core/now.h"
#include "core/pids.h"
#include "netlink/cleanup.h"
#include "state/readable.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "connect.skel.h"

/* Since this major version a kernel may skip a program that another task is in. */
#define MISSES_RETURNS 7

struct loading {
	struct kidos_connects *connects;
	const struct kidos_connect_state *state;
	unsigned int probe;
	int root; /* the root cgroup, or -errno */
	uint64_t syscall_ns; /* of a system call while nothing is attached */
	bool refused[8]; /* rungs that need not be tried with other outcomes */
	struct kidos_connect_config config;
};

int kidos_connect_set_config(struct bpf_object *object, const struct kidos_connect_config *config)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	struct bpf_map *tasks = bpf_object__find_map_by_name(object, "connect_tasks");

	/* A type that kernels before 5.11 do not know. */
	if (tasks && !config->tasks)
		bpf_map__set_autocreate(tasks, false);
	return map ? bpf_map__set_initial_value(map, config, sizeof(*config)) : -EINVAL;
}

static bool is_wanted(const struct bpf_program *program, const struct kidos_connect_rung *rung,
		      const struct kidos_connect_outcomes *outcomes)
{
	const char *name = bpf_program__name(program);

	for (size_t i = 0; i < KIDOS_CONNECT_RUNG_PROGRAMS; i++)
		if (!strcmp(name, rung->programs[i]))
			return true;
	return !strcmp(name, outcomes->program);
}

/* One that is there already stays as it is. */
static int set_entries(struct bpf_object *object, const struct kidos_connect_maps *maps,
		       enum kidos_connect_map map, __u32 entries, __u32 shift)
{
	struct bpf_map *found =
		bpf_object__find_map_by_name(object, kidos_connect_map_set.rows[map].name);

	if (!found || maps->fd[map] >= 0)
		return 0;
	return bpf_map__set_max_entries(found,
					(entries ? entries : bpf_map__max_entries(found)) >> shift);
}

static int set_maps(struct bpf_object *object, const struct kidos_connect_maps *maps,
		    const struct kidos_connect_state *state)
{
	static const enum kidos_connect_map scaled[] = { KIDOS_CONNECT_MAP_OWNERS,
							 KIDOS_CONNECT_MAP_FAILURES,
							 KIDOS_CONNECT_MAP_CALLS,
							 KIDOS_CONNECT_MAP_PENDING };
	int error =
		set_entries(object, maps, KIDOS_CONNECT_MAP_RECORDS, state->cpus * state->room, 0);

	for (size_t i = 0; !error && i < sizeof(scaled) / sizeof(scaled[0]); i++)
		error = set_entries(object, maps, scaled[i], 0, state->shift);
	return error ? error : kidos_map_set_give(&kidos_connect_map_set, maps->fd, object);
}

static int load_rung(struct loading *loading, const struct kidos_connect_rung *rung,
		     const struct kidos_connect_outcomes *outcomes)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	struct kidos_connects *connects = loading->connects;
	struct bpf_program *program;
	size_t size;
	const void *elf = connect_bpf__elf_bytes(&size);
	int error;

	connects->object = bpf_object__open_mem(elf, size, &options);
	if (!connects->object)
		return -errno;
	bpf_object__for_each_program (program, connects->object)
		bpf_program__set_autoload(program, is_wanted(program, rung, outcomes));
	error = kidos_connect_set_config(connects->object, &loading->config);
	if (!error)
		error = set_maps(connects->object, connects->maps, loading->state);
	if (!error)
		error = bpf_object__load(connects->object);
	/* Counts go on when another rung or run takes over. */
	return error ? error
		     : kidos_map_set_take(&kidos_connect_map_set, connects->maps->fd,
					  connects->object);
}

static bool is_major_below(unsigned int major)
{
	struct utsname name;

	return !uname(&name) && strtoul(name.release, NULL, 10) < major;
}

/* With calls in the threads' storage, if the kernel has that for these programs. */
static int load_either(struct loading *loading, const struct kidos_connect_rung *rung,
		       const struct kidos_connect_outcomes *outcomes)
{
	int error = -ENOTSUP;

	loading->config.tasks = rung->returns && is_major_below(MISSES_RETURNS);
	if (loading->config.tasks)
		error = load_rung(loading, rung, outcomes);
	if (!error)
		return 0;
	loading->config.tasks = 0;
	bpf_object__close(loading->connects->object);
	loading->connects->object = NULL;
	return load_rung(loading, rung, outcomes);
}

/* Outcomes first: no attempt is to begin before. */
static int attach_rung(struct loading *loading, const struct kidos_connect_rung *rung,
		       const struct kidos_connect_outcomes *outcomes, const char **step)
{
	struct kidos_connects *connects = loading->connects;
	int error;

	*step = outcomes->name;
	error = kidos_connect_attach(&connects->links, connects->object, outcomes->program,
				     loading->root, 0);
	for (size_t i = KIDOS_CONNECT_RUNG_PROGRAMS; !error && i-- > 0;) {
		*step = "attach";
		error = kidos_connect_attach(&connects->links, connects->object, rung->programs[i],
					     loading->root, 0);
	}
	return error;
}

static void close_rung(struct kidos_connects *connects)
{
	kidos_connect_detach(&connects->links);
	bpf_object__close(connects->object);
	connects->object = NULL;
}

/* The owner of what finds no room is there from the start. */
static int make_other(const struct kidos_connect_maps *maps)
{
	struct kidos_connect_counts counts = {};
	struct kidos_connect_owner none = {};

	if (!bpf_map_update_elem(maps->fd[KIDOS_CONNECT_MAP_OWNERS], &none, &counts, BPF_NOEXIST))
		return 0;
	return errno == EEXIST ? 0 : -errno;
}

/* Returns 0 or -errno; step: what did not work. */
static int try_rung(struct loading *loading, const struct kidos_connect_rung *rung,
		    const struct kidos_connect_outcomes *outcomes, const char **step)
{
	struct kidos_connects *connects = loading->connects;
	int error;

	*step = "load";
	if ((rung->cgroup || outcomes->cgroup) && loading->root < 0)
		return loading->root;
	loading->config.returns = rung->returns;
	loading->config.storage = outcomes->storage;
	error = load_either(loading, rung, outcomes);
	if (!error)
		error = make_other(connects->maps);
	if (!error)
		error = attach_rung(loading, rung, outcomes, step);
	if (!error) {
		*step = "see a connect() of our own";
		error = kidos_connect_trial(connects->maps, rung);
	}
	if (error)
		close_rung(connects);
	return error;
}

static bool is_in_turn(const struct loading *loading, size_t index)
{
	const struct kidos_connect_rung *rung = &kidos_connect_rungs[index];

	if (loading->probe)
		return loading->probe == index + 1;
	return !rung->forced && (!rung->below || is_major_below(rung->below));
}

/* A rung that works with none of the outcomes is tried once. */
static int attempt(void *context, size_t index, char why[KIDOS_REASON])
{
	struct loading *loading = context;
	size_t which = index / kidos_connect_outcome_count;
	const struct kidos_connect_rung *rung = &kidos_connect_rungs[which];
	const struct kidos_connect_outcomes *outcomes =
		&kidos_connect_outcomes[index % kidos_connect_outcome_count];
	const char *step;
	int error;

	if (!is_in_turn(loading, which) || loading->refused[which])
		return -ECANCELED;
	error = try_rung(loading, rung, outcomes, &step);
	if (!error) {
		loading->connects->rung = rung;
		loading->connects->outcomes = outcomes;
		return 0;
	}
	loading->refused[which] = outcomes == kidos_connect_outcomes && loading->root >= 0 &&
				  strcmp(step, outcomes->name);
	snprintf(why, KIDOS_REASON, "%s did not %s: %s", rung->name, step, strerror(-error));
	return error;
}

static void describe(struct loading *loading, struct kidos_connect_state *state, bool datagrams)
{
	struct kidos_connects *connects = loading->connects;
	bool unix_blind = connects->rung->cgroup &&
			  kidos_connect_load_unix(connects, &loading->config, loading->root);

	snprintf(state->rung, sizeof(state->rung), "%s", connects->rung->name);
	snprintf(state->outcomes, sizeof(state->outcomes), "%s", connects->outcomes->name);
	snprintf(state->blind, sizeof(state->blind), "%s%s%s", connects->rung->blind,
		 unix_blind ? "; connect() of Unix sockets" : "", connects->outcomes->blind);
	state->datagrams =
		!kidos_connect_load_sends(connects, &loading->config, loading->root, datagrams);
	state->syscall_ns = connects->rung->syscalls && loading->syscall_ns
				    ? kidos_connect_above(loading->syscall_ns)
				    : 0;
}

static int load(struct loading *loading, struct kidos_connect_state *state, bool datagrams,
		char reason[KIDOS_REASON])
{
	struct kidos_connects *connects = loading->connects;
	size_t rung;
	int error;

	error = kidos_ladder(kidos_connect_rung_count * kidos_connect_outcome_count, attempt,
			     loading, &rung, reason);
	if (error)
		return error;
	describe(loading, state, datagrams);
	error = kidos_connect_walk_load(connects, &loading->config, state);
	if (error)
		snprintf(reason, KIDOS_REASON, "the walk over sockets: %s", strerror(-error));
	return error;
}

struct kidos_connects *kidos_connects_load(struct kidos_connect_maps *maps,
					   struct kidos_connect_state *state, unsigned int probe,
					   bool datagrams, char reason[KIDOS_REASON])
{
	_cleanup_fd_ int root = kidos_cgroup_root();
	struct loading loading = {
		.connects = calloc(1, sizeof(*loading.connects)),
		.state = state,
		.probe = probe,
		.root = root,
		.config = { .room = state->room,
			    .pid_namespace = kidos_pid_namespace().inode,
			    .readable = kidos_kernel_readable() },
		.syscall_ns = kidos_connect_syscall_ns(),
	};
	int error = -ENOMEM;

	*reason = '\0';
	if (loading.connects) {
		loading.connects->maps = maps;
		error = load(&loading, state, datagrams, reason);
	}
	if (!error)
		return loading.connects;
	kidos_connects_free(loading.connects);
	errno = -error;
	return NULL;
}

void kidos_connects_free(struct kidos_connects *connects)
{
	if (!connects)
		return;
	kidos_connect_part_free(&connects->unix_hook);
	close_rung(connects);
	kidos_connect_part_free(&connects->sends);
	kidos_connect_walk_free(connects);
	free(connects);
}

uint64_t kidos_connects_missed(const struct kidos_connects *connects)
{
	return kidos_connect_links_missed(&connects->links) +
	       kidos_connect_links_missed(&connects->unix_hook.links) +
	       kidos_connect_links_missed(&connects->sends.links);
}
