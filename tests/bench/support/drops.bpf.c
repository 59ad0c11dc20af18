/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the bench of drops needs beside kidos: the smallest programs that count
 * drops by reason, one a hook (DROPS_MINIMAL), and a rule that drops every packet.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#ifdef DROPS_MINIMAL
#define REASONS 256

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, REASONS);
	__type(key, __u32);
	__type(value, __u64);
} reasons SEC(".maps");

/* kfree_skb(skb, location, reason), kernel 5.17 */
static __always_inline int count(__u64 *ctx)
{
	__u32 reason = ctx[2] % REASONS;
	__u64 *drops = bpf_map_lookup_elem(&reasons, &reason);

	if (drops)
		__sync_fetch_and_add(drops, 1);
	return 0;
}

SEC("tp_btf/kfree_skb")
int tp_btf(__u64 *ctx)
{
	return count(ctx);
}

SEC("raw_tp/kfree_skb")
int raw_tp(__u64 *ctx)
{
	return count(ctx);
}
#else
SEC("tc")
int drop_all(struct __sk_buff *skb)
{
	return TC_ACT_SHOT;
}
#endif
