/* SPDX-License-Identifier: MIT */
#include "links/entry.h"
#include "core/descriptors.h"
#include "links/setup.h"
#include "netlink/cleanup.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "entry.skel.h"

/* One program counts both directions at tc: half the time in the verifier. */
const struct kidos_entry_target kidos_entry_targets[KIDOS_PROGRAMS] = {
	[KIDOS_PROGRAM_XDP] = { KIDOS_MAP_XDP_PROGRAM, KIDOS_PROGRAM_XDP },
	[KIDOS_PROGRAM_TC_INGRESS] = { KIDOS_MAP_TC_PROGRAM, KIDOS_PROGRAM_TC_INGRESS },
	[KIDOS_PROGRAM_TC_EGRESS] = { KIDOS_MAP_TC_PROGRAM, KIDOS_PROGRAM_TC_INGRESS },
};

bool kidos_entry_usable(void)
{
	return access("/sys/kernel/realtime", F_OK);
}

static int load(struct bpf_object *object, struct kidos_maps *maps, __u32 netns)
{
	int error = bpf_map__set_initial_value(bpf_object__find_map_by_name(object, ".rodata"),
					       &netns, sizeof(netns));

	if (!error)
		error = kidos_allow_xdp_frags(object);
	if (!error)
		error = kidos_map_set_give(&kidos_map_set, maps->fd, object);
	if (!error)
		error = bpf_object__load(object);
	return error ? error : kidos_map_set_take(&kidos_map_set, maps->fd, object);
}

static int dup_program(const struct bpf_program *program)
{
	int fd = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? -errno : kidos_descriptor_up(fd);
}

static int keep(const struct bpf_object *object, int fd[KIDOS_PROGRAMS])
{
	int error = 0;

	for (int i = 0; i < KIDOS_PROGRAMS; i++) {
		fd[i] = dup_program(
			bpf_object__find_program_by_name(object, kidos_program_names[i]));
		if (fd[i] < 0)
			error = fd[i];
	}
	for (int i = 0; error && i < KIDOS_PROGRAMS; i++)
		kn_close_fd(&fd[i]);
	return error;
}

int kidos_entry_load(struct kidos_maps *maps, unsigned int netns, int fd[KIDOS_PROGRAMS])
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	size_t size;
	const void *elf = entry_bpf__elf_bytes(&size);
	struct bpf_object *object = bpf_object__open_mem(elf, size, &options);
	int error = object ? load(object, maps, netns) : -errno;

	if (!error)
		error = keep(object, fd);
	bpf_object__close(object);
	return error;
}

static bool has(const struct kidos_maps *maps, const struct kidos_entry_target *target, __u32 place)
{
	__u32 id;

	return !bpf_map_lookup_elem(maps->fd[target->array], &place, &id);
}

static int set(const struct kidos_maps *maps, const struct kidos_entry_target *target, __u32 place,
	       int program)
{
	return bpf_map_update_elem(maps->fd[target->array], &place, &program, BPF_ANY) ? -errno : 0;
}

/* Of the two arrays: the one of XDP, or that of tc. */
static unsigned int number_of(const struct kidos_entry_target *target)
{
	return target->array == KIDOS_MAP_TC_PROGRAM;
}

bool kidos_entry_has(const struct kidos_maps *maps, const struct kidos_entry_target *target)
{
	return has(maps, target, KIDOS_ENTRY_COUNTS);
}

int kidos_entry_set(struct kidos_maps *maps, const struct kidos_entry_target *target,
		    const struct bpf_program *program)
{
	int fd = dup_program(program),
	    error = fd < 0 ? fd : set(maps, target, KIDOS_ENTRY_COUNTS, fd);

	/* A capture may stand before it already. */
	if (!error && !has(maps, target, KIDOS_ENTRY_FIRST))
		error = set(maps, target, KIDOS_ENTRY_FIRST, fd);
	if (error) {
		kn_close_fd(&fd);
		return error;
	}
	kn_close_fd(&maps->counting[number_of(target)]);
	maps->counting[number_of(target)] = fd;
	return 0;
}

int kidos_entry_precede(const struct kidos_maps *maps, const struct kidos_entry_target *target,
			int program)
{
	return set(maps, target, KIDOS_ENTRY_FIRST, program);
}

int kidos_entry_alone(const struct kidos_maps *maps, const struct kidos_entry_target *target)
{
	const __u32 first = KIDOS_ENTRY_FIRST;
	int counting = maps->counting[number_of(target)];

	if (counting >= 0)
		return set(maps, target, first, counting);
	return bpf_map_delete_elem(maps->fd[target->array], &first) && errno != ENOENT ? -errno : 0;
}
