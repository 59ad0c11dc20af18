/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Somebody else's XDP program: counts frames and lets them pass. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} frames SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int other_xdp(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&frames, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_PASS;
}
