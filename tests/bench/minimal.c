/* SPDX-License-Identifier: MIT */
/* minimal: attaches the smallest program that counts drops, prints its id, waits to be ended. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

#include "drops_minimal.skel.h"

int main(void)
{
	struct drops_minimal_bpf *skeleton = drops_minimal_bpf__open_and_load();
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (!skeleton || drops_minimal_bpf__attach(skeleton) ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(skeleton->progs.minimal), &info, &size))
		return 1;
	printf("%u\n", info.id);
	fflush(stdout);
	pause();
	return 0;
}
