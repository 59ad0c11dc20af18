/* SPDX-License-Identifier: MIT */
/*
 * tcx-first INTERFACE: somebody else's program before all others at the
 * interface's tcx ingress. It drops what it sees, until it is killed. Prints
 * the program's id; exits with 2 where the kernel has no tcx (6.6).
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_BEFORE (1u << 3)

static int load(void)
{
	static const struct bpf_insn drop[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_SHOT },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "first", "GPL", drop,
			     sizeof(drop) / sizeof(drop[0]), NULL);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = TCX_BEFORE);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int program = load();
	int ifindex = argc == 2 ? (int)if_nametoindex(argv[1]) : 0;

	if (program < 0 || !ifindex || bpf_obj_get_info_by_fd(program, &info, &size)) {
		fprintf(stderr, "tcx-first: %s\n", strerror(errno));
		return 1;
	}
	if (bpf_link_create(program, ifindex, TCX_INGRESS, &options) < 0) {
		fprintf(stderr, "tcx-first: %s\n", strerror(errno));
		return errno == EINVAL ? 2 : 1;
	}
	printf("%u\n", info.id);
	fflush(stdout);
	pause();
	return 0;
}
