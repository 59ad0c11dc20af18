/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Somebody else's XDP program that sends back what it sees. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int bounce_xdp(struct xdp_md *ctx)
{
	return XDP_TX;
}
