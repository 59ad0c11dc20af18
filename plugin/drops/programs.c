/* SPDX-License-Identifier: MIT */
#include "drops/programs.h"
#include "core/ladder.h"
#include "core/pids.h"
#include "drops/owners.h"
#include "drops/trial.h"
#include "state/readable.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drop.skel.h"
#include "drop_probe.skel.h"

struct kidos_drops {
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_link *link;
	struct kidos_owners *owners;
};

static int set_program(struct kidos_drops *drops, const char *name)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, drops->object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
	drops->program = bpf_object__find_program_by_name(drops->object, name);
	return drops->program ? 0 : -ENOENT;
}

static int set_config(struct bpf_object *object, const struct kidos_drop_maps *maps,
		      const struct kidos_drop_state *state)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	struct kidos_drop_config config = { .room = state->room,
					    .headers = state->headers,
					    .policy = maps->policy_mark >= 0,
					    .pid_namespace = kidos_pid_namespace().inode };
	size_t size;

	if (!map || !bpf_map__initial_value(map, &size) || size != sizeof(config))
		return -EINVAL;
	return bpf_map__set_initial_value(map, &config, sizeof(config));
}

static int set_maps(struct bpf_object *object, const struct kidos_drop_maps *maps,
		    const struct kidos_drop_state *state)
{
	struct bpf_map *records = bpf_object__find_map_by_name(
		object, kidos_drop_map_set.rows[KIDOS_DROP_MAP_RECORDS].name);
	int error = 0;

	if (maps->policy_mark >= 0)
		error = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "policy_mark"),
					  maps->policy_mark);
	if (!error && records && maps->fd[KIDOS_DROP_MAP_RECORDS] < 0)
		error = bpf_map__set_max_entries(records, state->cpus * state->room);
	return error ? error : kidos_map_set_give(&kidos_drop_map_set, maps->fd, object);
}

static int open_rung(struct kidos_drops *drops, const struct kidos_drop_rung *rung)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	size_t size;
	const void *elf =
		rung->probe_read ? drop_probe_bpf__elf_bytes(&size) : drop_bpf__elf_bytes(&size);

	drops->object = bpf_object__open_mem(elf, size, &options);
	return drops->object ? set_program(drops, rung->program) : -errno;
}

static int load_rung(struct kidos_drops *drops, struct kidos_drop_maps *maps,
		     const struct kidos_drop_state *state)
{
	int error = set_config(drops->object, maps, state);

	if (!error)
		error = set_maps(drops->object, maps, state);
	if (!error)
		error = bpf_object__load(drops->object);
	/* Counts go on when another rung or run takes over. */
	return error ? error : kidos_map_set_take(&kidos_drop_map_set, maps->fd, drops->object);
}

static int attach_rung(struct kidos_drops *drops)
{
	drops->link = bpf_program__attach(drops->program);
	return drops->link ? 0 : -errno;
}

static void close_rung(struct kidos_drops *drops)
{
	bpf_link__destroy(drops->link);
	bpf_object__close(drops->object);
	drops->link = NULL;
	drops->object = NULL;
	drops->program = NULL;
}

/* Returns 0 or -errno; step: how far it came. */
static int try_rung(struct kidos_drops *drops, const struct kidos_drop_rung *rung,
		    struct kidos_drop_maps *maps, const struct kidos_drop_state *state,
		    const char **step)
{
	int error;

	*step = "load";
	error = open_rung(drops, rung);
	if (!error)
		error = load_rung(drops, maps, state);
	if (!error) {
		*step = "attach";
		error = attach_rung(drops);
	}
	if (!error) {
		*step = "see a drop of our own";
		error = kidos_drop_trial(maps);
	}
	if (error)
		close_rung(drops);
	return error;
}

static void describe(const struct kidos_drop_rung *rung, struct kidos_drop_state *state)
{
	snprintf(state->rung, sizeof(state->rung), "%s", rung->name);
	snprintf(state->blind, sizeof(state->blind), "%s%s%s%s", rung->blind,
		 *rung->blind ? "; " : "",
		 state->headers ? "" : "addresses, ports and protocols of IP (kernel lockdown); ",
		 kidos_drop_blind);
}

struct loading {
	struct kidos_drops *drops;
	struct kidos_drop_maps *maps;
	const struct kidos_drop_state *state;
	unsigned int probe; /* 0: any */
};

static int attempt(void *context, size_t index, char why[KIDOS_REASON])
{
	const struct loading *loading = context;
	const struct kidos_drop_rung *rung = &kidos_drop_rungs[index];
	const char *step;
	int error;

	if (loading->probe && loading->probe != index + 1)
		return -ECANCELED;
	error = try_rung(loading->drops, rung, loading->maps, loading->state, &step);
	if (error)
		snprintf(why, KIDOS_REASON, "%s did not %s: %s", rung->name, step,
			 strerror(-error));
	return error;
}

/* What is in the way of every rung is said in place of how each of them failed. */
static void explain(char reason[KIDOS_REASON])
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		snprintf(reason, KIDOS_REASON,
			 "no BTF of this kernel, in /sys/kernel/btf/vmlinux "
			 "or where else libbpf looks");
	btf__free(btf);
}

struct kidos_drops *kidos_drops_load(struct kidos_drop_maps *maps, struct kidos_drop_state *state,
				     unsigned int probe, char reason[KIDOS_REASON])
{
	struct loading loading = { .drops = calloc(1, sizeof(*loading.drops)),
				   .maps = maps,
				   .state = state,
				   .probe = probe };
	size_t rung;
	int error = -ENOMEM;

	*reason = '\0';
	state->headers = kidos_kernel_readable();
	if (loading.drops)
		error = kidos_ladder(kidos_drop_rung_count, attempt, &loading, &rung, reason);
	if (error) {
		explain(reason);
		free(loading.drops);
		errno = -error;
		return NULL;
	}
	describe(&kidos_drop_rungs[rung], state);
	loading.drops->owners = kidos_owners_load(maps->fd[KIDOS_DROP_MAP_OWNERS], state->headers);
	state->owners = loading.drops->owners != NULL;
	return loading.drops;
}

void kidos_drops_free(struct kidos_drops *drops)
{
	if (!drops)
		return;
	kidos_owners_free(drops->owners);
	close_rung(drops);
	free(drops);
}

uint64_t kidos_drops_missed(const struct kidos_drops *drops)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(drops->program), &info, &size))
		return 0;
	return info.recursion_misses;
}
