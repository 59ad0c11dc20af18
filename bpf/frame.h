/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* frame.h: what the contexts of XDP and tc are to the parser, and the packet inside a tunnel. */
#ifndef KIDOS_FRAME_H
#define KIDOS_FRAME_H

#include "maps.h"
#include "parse.h"

/* Keeps the compiler from checking one copy of an index and using another. */
#define KIDOS_BARRIER(index) asm volatile("" : "+r"(index))

/*
 * To a CPU's own counter. All callers run with bottom halves disabled, so
 * nothing comes between load and store; on PREEMPT_RT it may (since 6.18). A
 * locked add would also hold back the flow table's cache miss: 8 ns a packet.
 */
static __always_inline void count_own(__u64 *counter, __u64 add)
{
	if (kidos_config.preemptible)
		__sync_fetch_and_add(counter, add);
	else
		*counter += add;
}

/*
 * What few packets need is a global function of its own: the verifier walks it
 * once, and not again for each outcome of the parser. Kernels before 5.12 take
 * no pointer there but the context: the baseline has a copy for each call.
 */
#ifdef KIDOS_BASELINE
#define KIDOS_VERIFIED_ONCE static __always_inline
#else
#define KIDOS_VERIFIED_ONCE __noinline
#endif

/* volatile: the verifier wants each field of a context read at its own offset. */
static __always_inline struct kidos_frame frame_of_xdp(volatile struct xdp_md *ctx)
{
	struct kidos_frame frame = {
		.data = (void *)(long)ctx->data,
		.data_end = (void *)(long)ctx->data_end,
	};

	frame.length = frame.data_end - frame.data;
	if (kidos_config.xdp_frags)
		frame.length = bpf_xdp_get_buff_len((struct xdp_md *)ctx);
	return frame;
}

/* The packet that lies at offset, of this EtherType. */
KIDOS_VERIFIED_ONCE int parse_xdp_inner(struct xdp_md *ctx, __u32 offset, __u32 ethertype,
					struct kidos_packet *packet)
{
	struct kidos_packet outer = { .inner = offset, .inner_protocol = ethertype };
	struct kidos_frame frame = frame_of_xdp(ctx);

	if (!packet)
		return 0;
	kidos_parse_inner(&frame, &outer, packet);
	return 1;
}

#define KIDOS_PULL 256 /* bytes that hold every header kidos reads but in hostile packets */

/* volatile: as in frame_of_xdp. */
typedef volatile struct __sk_buff skb_fields;

static __always_inline struct kidos_frame frame_of(skb_fields *skb, __u32 flags)
{
	struct kidos_frame frame = {
		.data = (void *)(long)skb->data,
		.data_end = (void *)(long)skb->data_end,
		.length = skb->len,
	};

	if (!(flags & KIDOS_PORT_ETHERNET))
		frame.protocol = bpf_ntohs(skb->protocol);
	if (skb->vlan_present)
		frame.vlan = (skb->vlan_tci & KIDOS_META_VLAN_MASK) | KIDOS_VLAN_PRESENT;
	return frame;
}

/* As parse_xdp_inner. */
KIDOS_VERIFIED_ONCE int parse_skb_inner(struct __sk_buff *skb, __u32 offset, __u32 ethertype,
					struct kidos_packet *packet)
{
	struct kidos_packet outer = { .inner = offset, .inner_protocol = ethertype };
	struct kidos_frame frame = frame_of(skb, KIDOS_PORT_ETHERNET);

	if (!packet)
		return 0;
	kidos_parse_inner(&frame, &outer, packet);
	return 1;
}

#endif
