/* SPDX-License-Identifier: MIT */
#include "connects/loaded.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "connect_send.skel.h"
#include "connect_unix.skel.h"

#define ATTACH_UNIX_CONNECT 49 /* BPF_CGROUP_UNIX_CONNECT, since kernel 6.7 */
#define PROGRAMS 5

/* What is loaded and attached together; ends with NULL. */
struct part {
	const char *programs[PROGRAMS];
	unsigned int attach_type; /* 0: as the section says */
};

static const struct part unix_part = { { "connect_unix" }, ATTACH_UNIX_CONNECT };
/* Of a socket that is closed the last counts are given out: hence the others. */
static const struct part sends_at_return = {
	{ "send_fexit4", "send_fexit6", "send_destroy4", "send_destroy6" }, 0
};
static const struct part sends_at_cgroup = { { "send_cgroup4", "send_cgroup6", "send_release" },
					     0 };

static bool is_wanted(const struct bpf_program *program, const struct part *part)
{
	for (size_t i = 0; part->programs[i]; i++)
		if (!strcmp(bpf_program__name(program), part->programs[i]))
			return true;
	return false;
}

static void choose(struct bpf_object *object, const struct part *part)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object) {
		bpf_program__set_autoload(program, is_wanted(program, part));
		if (part->attach_type)
			bpf_program__set_expected_attach_type(program, part->attach_type);
	}
}

static int load(struct kidos_connect_part *to, const struct part *part,
		const struct kidos_connect_config *config, struct kidos_connect_maps *maps)
{
	int error;

	choose(to->object, part);
	error = kidos_connect_set_config(to->object, config);
	if (!error)
		error = kidos_map_set_give(&kidos_connect_map_set, maps->fd, to->object);
	if (!error)
		error = bpf_object__load(to->object);
	return error ? error : kidos_map_set_take(&kidos_connect_map_set, maps->fd, to->object);
}

static int attach(struct kidos_connect_part *to, const struct part *part, int root)
{
	int error = 0;

	for (size_t i = 0; !error && part->programs[i]; i++)
		error = kidos_connect_attach(&to->links, to->object, part->programs[i], root,
					     part->attach_type);
	return error;
}

static int open_part(struct kidos_connects *connects, struct kidos_connect_part *to,
		     const void *elf, size_t size, const struct part *part,
		     const struct kidos_connect_config *config, int root)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "kidos");
	int error = -ENOMEM;

	to->object = bpf_object__open_mem(elf, size, &options);
	if (to->object)
		error = load(to, part, config, connects->maps);
	if (!error)
		error = attach(to, part, root);
	if (error)
		kidos_connect_part_free(to);
	return error;
}

void kidos_connect_part_free(struct kidos_connect_part *part)
{
	kidos_connect_detach(&part->links);
	bpf_object__close(part->object);
	part->object = NULL;
}

int kidos_connect_load_unix(struct kidos_connects *connects,
			    const struct kidos_connect_config *config, int root)
{
	size_t size;
	const void *elf = connect_unix_bpf__elf_bytes(&size);

	return open_part(connects, &connects->unix_hook, elf, size, &unix_part, config, root);
}

int kidos_connect_load_sends(struct kidos_connects *connects,
			     const struct kidos_connect_config *config, int root, bool dear)
{
	size_t size;
	const void *elf = connect_send_bpf__elf_bytes(&size);
	int error =
		open_part(connects, &connects->sends, elf, size, &sends_at_return, config, root);

	if (!error || !dear || root < 0)
		return error;
	return open_part(connects, &connects->sends, elf, size, &sends_at_cgroup, config, root);
}
