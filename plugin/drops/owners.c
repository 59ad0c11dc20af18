/* SPDX-License-Identifier: MIT */
#include "drops/owners.h"
#include "abi_drop.h"
#include "core/cgroup_root.h"
#include "core/log.h"
#include "core/pids.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "owner.skel.h"

#define HOOKS 8

struct kidos_owners {
	struct bpf_object *object;
	struct bpf_link *links[HOOKS];
};

static int attach(struct kidos_owners *owners, int root)
{
	struct bpf_program *program;
	size_t i = 0;

	bpf_object__for_each_program (program, owners->object) {
		if (i == HOOKS)
			return -E2BIG;
		owners->links[i] = bpf_program__attach_cgroup(program, root);
		if (!owners->links[i++])
			return -errno;
	}
	return 0;
}

/* A namespaced pid is read out of the kernel's memory. */
static int set_config(struct bpf_object *object, bool readable)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	struct kidos_drop_config config = { .headers = readable,
					    .pid_namespace = kidos_pid_namespace().inode };

	return map ? bpf_map__set_initial_value(map, &config, sizeof(config)) : -EINVAL;
}

static int load(struct kidos_owners *owners, int map_fd, bool readable)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	struct bpf_map *map;
	size_t size;
	const void *elf = owner_bpf__elf_bytes(&size);
	int root, error;

	owners->object = bpf_object__open_mem(elf, size, &options);
	map = owners->object ? bpf_object__find_map_by_name(owners->object, "drop_owners") : NULL;
	if (!map)
		return -errno;
	error = bpf_map__reuse_fd(map, map_fd);
	if (!error)
		error = set_config(owners->object, readable);
	if (!error)
		error = bpf_object__load(owners->object);
	if (error)
		return error;
	root = kidos_cgroup_root();
	if (root < 0)
		return root;
	error = attach(owners, root);
	close(root);
	return error;
}

struct kidos_owners *kidos_owners_load(int map, bool readable)
{
	struct kidos_owners *owners = calloc(1, sizeof(*owners));
	int error = owners ? load(owners, map, readable) : -ENOMEM;

	if (!error)
		return owners;
	kidos_log(LOG_NOTICE,
		  "drops: owners are known by user and cgroup, not by process: hooks at "
		  "the root of cgroup v2: %s",
		  strerror(-error));
	kidos_owners_free(owners);
	return NULL;
}

void kidos_owners_free(struct kidos_owners *owners)
{
	if (!owners)
		return;
	for (size_t i = 0; i < HOOKS; i++)
		bpf_link__destroy(owners->links[i]);
	bpf_object__close(owners->object);
	free(owners);
}
