/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * entry.bpf.c: the programs that are attached where namespaces share the
 * counting ones. Each namespace has its own, which say whose packet it is and
 * jump: the verifier takes microseconds for them, and 0.3 s for what counts.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "entry.h"
#include "entry_programs.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u32 kidos_netns;

/* Returns when there is nothing to jump to. All entries write the origin, so none is stale. */
static __always_inline void enter(void *ctx, void *program, __u32 direction)
{
	const __u32 zero = 0;
	struct kidos_origin *left = bpf_map_lookup_elem(&origin, &zero);

	if (left) {
		left->netns = kidos_netns;
		left->direction = direction;
		bpf_tail_call(ctx, program, KIDOS_ENTRY_FIRST);
	}
	count_event(KIDOS_EVENT_UNCOUNTED);
}

SEC("xdp")
int kidos_xdp(struct xdp_md *ctx)
{
	enter(ctx, &xdp_program, KIDOS_RX);
	return XDP_PASS;
}

/* TC_ACT_UNSPEC: see traffic.bpf.c. */
SEC("tc")
int kidos_tc_ingress(struct __sk_buff *skb)
{
	enter(skb, &tc_program, KIDOS_RX);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int kidos_tc_egress(struct __sk_buff *skb)
{
	enter(skb, &tc_program, KIDOS_TX);
	return TC_ACT_UNSPEC;
}
