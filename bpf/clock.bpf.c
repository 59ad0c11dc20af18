/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* clock.bpf.c: the flow table's clock now, for the user half to set its own by. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u32 time_shift;

SEC("xdp")
int kidos_now(struct xdp_md *ctx)
{
	return (__u32)(bpf_jiffies64() >> time_shift);
}
