/* SPDX-License-Identifier: MIT */
/*
 * minimal HOOK: attaches the smallest program that counts drops at tp_btf or raw_tp, prints its id,
 * waits to be ended.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drops_minimal.skel.h"

static struct bpf_program *select_program(struct bpf_object *object, const char *hook)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), hook));
	return bpf_object__find_program_by_name(object, hook);
}

int main(int argc, char **argv)
{
	struct drops_minimal_bpf *skeleton = drops_minimal_bpf__open();
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	struct bpf_program *program;

	if (argc != 2 || !skeleton)
		return 2;
	program = select_program(skeleton->obj, argv[1]);
	if (!program || drops_minimal_bpf__load(skeleton) || !bpf_program__attach(program) ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return 1;
	printf("%u\n", info.id);
	fflush(stdout);
	pause();
	return 0;
}
