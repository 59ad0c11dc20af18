/* SPDX-License-Identifier: MIT */
#include "connects/links.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

static bool is_of_cgroup(const struct bpf_program *program)
{
	enum bpf_prog_type type = bpf_program__type(program);

	return type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR || type == BPF_PROG_TYPE_SOCK_OPS ||
	       type == BPF_PROG_TYPE_CGROUP_SOCK;
}

int kidos_connect_attach(struct kidos_connect_links *links, const struct bpf_object *object,
			 const char *name, int root, unsigned int attach_type)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);
	size_t i = links->count;

	if (!program || i == KIDOS_CONNECT_LINKS)
		return program ? -E2BIG : -ENOENT;
	links->program[i] = bpf_program__fd(program);
	if (attach_type)
		links->fd[i] = bpf_link_create(links->program[i], root, attach_type, NULL);
	else
		links->link[i] = is_of_cgroup(program) ? bpf_program__attach_cgroup(program, root)
						       : bpf_program__attach(program);
	if (!links->link[i] && links->fd[i] <= 0) {
		links->fd[i] = 0;
		return -errno;
	}
	links->count++;
	return 0;
}

void kidos_connect_detach(struct kidos_connect_links *links)
{
	for (size_t i = 0; i < links->count; i++) {
		bpf_link__destroy(links->link[i]);
		if (links->fd[i] > 0)
			close(links->fd[i]);
	}
	*links = (struct kidos_connect_links){};
}

uint64_t kidos_connect_links_missed(const struct kidos_connect_links *links)
{
	uint64_t missed = 0;

	for (size_t i = 0; i < links->count; i++) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(links->program[i], &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}
