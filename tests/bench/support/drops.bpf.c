/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the bench of drops needs beside kidos: the smallest program that counts
 * drops by reason (DROPS_MINIMAL), and a rule that drops every packet.
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
SEC("tp_btf/kfree_skb")
int minimal(__u64 *ctx)
{
	__u32 reason = ctx[2] % REASONS;
	__u64 *count = bpf_map_lookup_elem(&reasons, &reason);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}
#else
SEC("tc")
int drop_all(struct __sk_buff *skb)
{
	return TC_ACT_SHOT;
}
#endif
