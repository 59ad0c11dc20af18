// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The parser alone at both hooks: parse_xdp and parse_tc keep what they found
 * for comparison, bench_xdp only parses and is what its cost is measured with.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct kidos_packet);
} parsed SEC(".maps");

/* Links without an Ethernet header: the EtherType, 0 for Ethernet. */
const volatile __u16 link_protocol;

static __always_inline void keep(__u32 index, const struct kidos_packet *packet)
{
	struct kidos_packet *slot = bpf_map_lookup_elem(&parsed, &index);

	if (slot)
		__builtin_memcpy(slot, packet, sizeof(*packet));
}

static __always_inline int record(const struct kidos_frame *frame)
{
	struct kidos_packet outer = {}, inner = {};

	kidos_parse(frame, &outer);
	keep(0, &outer);
	if (outer.tunnel)
		kidos_parse_inner(frame, &outer, &inner);
	keep(1, &inner);
	return outer.error;
}

SEC("xdp")
int parse_xdp(struct xdp_md *context)
{
	struct kidos_frame frame = {
		.data = (void *)(long)context->data,
		.data_end = (void *)(long)context->data_end,
		.length = context->data_end - context->data,
	};

	record(&frame);
	return XDP_PASS;
}

SEC("tc")
int parse_tc(struct __sk_buff *skb)
{
	struct kidos_frame frame = {
		.data = (void *)(long)skb->data,
		.data_end = (void *)(long)skb->data_end,
		.length = skb->len,
		.protocol = link_protocol,
		.vlan = skb->vlan_present ? (skb->vlan_tci & 0xfff) | 0x1000 : 0,
	};

	record(&frame);
	return 0;
}

/* Everything of the packet goes into the sum, so that nothing is optimised away. */
SEC("xdp")
int bench_xdp(struct xdp_md *context)
{
	struct kidos_frame frame = {
		.data = (void *)(long)context->data,
		.data_end = (void *)(long)context->data_end,
		.length = context->data_end - context->data,
	};
	struct kidos_packet packet;
	__u64 *words = (__u64 *)&packet.key;

	kidos_parse(&frame, &packet);
	return (words[0] ^ words[1] ^ words[2] ^ words[3] ^ words[4]) + packet.headers +
	       packet.class + packet.error + packet.has_key + packet.tcp_flags + packet.tunnel;
}

SEC("xdp")
int bench_empty(struct xdp_md *context)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
