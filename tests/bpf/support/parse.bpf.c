/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The parser alone at both hooks. parse_xdp and parse_tc keep what they found
 * for comparison with the host; bench_parse parses and adds up, and its cost
 * is measured against bench_empty.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2); /* outer, inner */
	__type(key, __u32);
	__type(value, struct kidos_packet);
} parsed SEC(".maps");

/*
 * What a test run cannot give: a tag in metadata, a link without Ethernet
 * header, a packet longer than its readable bytes.
 */
struct {
	__u32 length;
	__u16 protocol;
	__u16 vlan;
} given;

static __always_inline void keep(__u32 index, const struct kidos_packet *packet)
{
	struct kidos_packet *slot = bpf_map_lookup_elem(&parsed, &index);

	if (slot)
		__builtin_memcpy(slot, packet, sizeof(*packet));
}

static __always_inline struct kidos_frame frame_of(__u32 data, __u32 data_end)
{
	return (struct kidos_frame){
		.data = (void *)(long)data,
		.data_end = (void *)(long)data_end,
		.length = given.length,
		.protocol = given.protocol,
		.vlan = given.vlan,
	};
}

static __always_inline void record_outer(const struct kidos_frame *frame,
					 struct kidos_packet *outer)
{
	kidos_parse(frame, outer);
	keep(0, outer);
}

static __always_inline void record_inner(const struct kidos_frame *frame,
					 const struct kidos_packet *outer)
{
	struct kidos_packet inner = {};

	if (outer->tunnel)
		kidos_parse_inner(frame, outer, &inner);
	keep(1, &inner);
}

/*
 * The frame is taken from the context again for the inner packet: what a
 * verifier knows of the first pointer, it would carry into the second parse
 * and go through that once for each.
 */
SEC("xdp")
int parse_xdp(struct xdp_md *context)
{
	struct kidos_packet outer = {};
	struct kidos_frame frame;

	frame = frame_of(context->data, context->data_end);
	record_outer(&frame, &outer);
	frame = frame_of(context->data, context->data_end);
	record_inner(&frame, &outer);
	return XDP_PASS;
}

SEC("tc")
int parse_tc(struct __sk_buff *skb)
{
	struct kidos_packet outer = {};
	struct kidos_frame frame;

	frame = frame_of(skb->data, skb->data_end);
	record_outer(&frame, &outer);
	frame = frame_of(skb->data, skb->data_end);
	record_inner(&frame, &outer);
	return 0;
}

__u32 seen; /* frames that live_tc recorded */

static __always_inline struct kidos_frame frame_of_skb(struct __sk_buff *skb)
{
	return (struct kidos_frame){
		.data = (void *)(long)skb->data,
		.data_end = (void *)(long)skb->data_end,
		.length = skb->len,
		.vlan = skb->vlan_present ? (skb->vlan_tci & 0xfff) | 0x1000 : 0,
	};
}

/* At a link, where the kernel moves the outer tag to metadata. */
SEC("tc")
int live_tc(struct __sk_buff *skb)
{
	struct kidos_packet outer = {};
	struct kidos_frame frame;

	frame = frame_of_skb(skb);
	record_outer(&frame, &outer);
	frame = frame_of_skb(skb);
	record_inner(&frame, &outer);
	seen++;
	return 0;
}

/* Everything that was parsed goes into the sum, so that none of it is left out. */
SEC("xdp")
int bench_parse(struct xdp_md *context)
{
	struct kidos_frame frame = {
		.data = (void *)(long)context->data,
		.data_end = (void *)(long)context->data_end,
		.length = context->data_end - context->data,
	};
	struct kidos_packet packet;
	const kidos_u64 *words = (const kidos_u64 *)&packet.key;

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
