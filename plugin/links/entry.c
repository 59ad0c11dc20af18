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

bool kidos_entry_has(const struct kidos_maps *maps, const struct kidos_entry_target *target)
{
	const __u32 zero = 0;
	__u32 id;

	return !bpf_map_lookup_elem(maps->fd[target->array], &zero, &id);
}

int kidos_entry_set(const struct kidos_maps *maps, const struct kidos_entry_target *target,
		    const struct bpf_program *program)
{
	const __u32 zero = 0;
	int fd = bpf_program__fd(program);

	return bpf_map_update_elem(maps->fd[target->array], &zero, &fd, BPF_ANY) ? -errno : 0;
}
