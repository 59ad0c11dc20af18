/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * traffic.bpf.c: counts packets at XDP and tc. Needs no kernel BTF: the
 * contexts are stable API, and what kernels differ in is either read-only
 * configuration or the baseline build (KIDOS_BASELINE, kernels before 5.12).
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "maps.h"
#include "parse.h"
#ifdef KIDOS_BASELINE
#include "flow_table_baseline.h"
#else
#include "flow_table_maps.h"
#endif
#include "account.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/*
 * Whose packet is it? First of all: what a program does later may bring in
 * another packet on this CPU. from: as it is where each namespace has programs
 * of its own. Returns 0 where there is no saying, which cannot be; to go on
 * would have the verifier look at everything twice.
 */
static __always_inline int find_origin(struct kidos_origin *from)
{
	const __u32 zero = 0;
	const struct kidos_origin *left;

	if (from->netns != KIDOS_NETNS_OF_ENTRY)
		return 1;
	left = bpf_map_lookup_elem(&origin, &zero);
	if (!left)
		return 0;
	from->netns = left->netns;
	from->direction = left->direction & (KIDOS_DIRECTIONS - 1);
	return 1;
}

SEC("xdp")
int kidos_xdp(struct xdp_md *ctx)
{
	struct kidos_origin from = { kidos_config.netns, KIDOS_RX };

	return find_origin(&from) ? account_xdp(ctx, from.netns) : XDP_PASS;
}

/*
 * TC_ACT_UNSPEC (-1) equals TCX_NEXT: at clsact the next filter runs, at tcx
 * the next program. One of the two serves both directions where it is shared.
 */
SEC("tc")
int kidos_tc_ingress(struct __sk_buff *skb)
{
	struct kidos_origin from = { kidos_config.netns, KIDOS_RX };

	if (find_origin(&from) && account_skb(skb, from))
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}

SEC("tc")
int kidos_tc_egress(struct __sk_buff *skb)
{
	struct kidos_origin from = { kidos_config.netns, KIDOS_TX };

	if (find_origin(&from))
		account_skb(skb, from);
	return TC_ACT_UNSPEC;
}
