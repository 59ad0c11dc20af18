/* SPDX-License-Identifier: MIT */
/*
 * attach PREFIX COUNT: hangs the smallest program at tcx, both directions, on PREFIX1 to
 * PREFIXCOUNT of this namespace, prints how many ms that took, and ends: what kidos's attaching is
 * held against.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TCX_INGRESS ((enum bpf_attach_type)46) /* kernel 6.6 */
#define TCX_EGRESS ((enum bpf_attach_type)47)

static int load(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 }, /* TCX_NEXT */
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "bare", "GPL", code,
			     sizeof(code) / sizeof(code[0]), NULL);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int attach(int program, const char *prefix, int number)
{
	char name[IF_NAMESIZE];
	unsigned int ifindex;

	snprintf(name, sizeof(name), "%.8s%d", prefix, number);
	ifindex = if_nametoindex(name);
	return ifindex && bpf_link_create(program, (int)ifindex, TCX_INGRESS, NULL) >= 0 &&
			       bpf_link_create(program, (int)ifindex, TCX_EGRESS, NULL) >= 0
		       ? 0
		       : -1;
}

int main(int argc, char **argv)
{
	int program = load(), count = argc == 3 ? atoi(argv[2]) : 0;
	long long start = now_ms();

	if (program < 0 || count < 1)
		return 2;
	for (int i = 1; i <= count; i++)
		if (attach(program, argv[1], i)) {
			perror("attach");
			return 1;
		}
	printf("%lld\n", now_ms() - start);
	return 0;
}
