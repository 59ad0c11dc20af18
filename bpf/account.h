/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * account.h: one packet into totals and flow table. Both hooks come here with
 * a frame and with what the wire carried for it.
 */
#ifndef KIDOS_ACCOUNT_H
#define KIDOS_ACCOUNT_H

#include "maps.h"
#include "mirror.h"
#include "parse.h"
#include "police.h"
#include "retire.h"

/* Packets and bytes on the wire for one skb or frame. */
struct wire {
	__u64 packets;
	__u64 bytes;
};

/*
 * Totals come before the flow table: who reads the table first and the
 * totals after it finds every packet of the table in the totals.
 */
static __always_inline struct kidos_totals *account_totals(__u32 slot, __u32 direction,
							   const struct kidos_packet *packet,
							   __u64 length, const struct wire *wire)
{
	__u32 index = slot * KIDOS_DIRECTIONS + direction;
	struct kidos_totals *total = bpf_map_lookup_elem(&totals, &index);
	__u32 class = packet->class, error = packet->error;

	KIDOS_BARRIER(class);
	if (!total || class >= KIDOS_CLASSES)
		return 0;
	count_own(&total->hook[class].packets, 1);
	count_own(&total->hook[class].bytes, length);
	if (wire->packets != 1 || wire->bytes != length) {
		count_own(&total->extra[class].packets, wire->packets - 1);
		count_own(&total->extra[class].bytes, wire->bytes - length);
	}
	if (error)
		count_own(&total->errors[error & (KIDOS_ERRORS_ROOM - 1)], 1);
	return total;
}

/* Of a packet that goes out in several segments their mean; 0: nobody wants it. */
static __always_inline __u32 size_of(const struct wire *wire)
{
	__u64 size = wire->bytes;

	if (!kidos_config.sizes)
		return 0;
	if (wire->packets > 1)
		size /= wire->packets;
	return size < 0xffff ? size : 0xffff;
}

/* Of a packet without a key there is no flow, and what is policed of it is not by its key. */
static __always_inline void make_flow(__u32 slot, __u32 direction,
				      const struct kidos_packet *packet, const struct wire *wire,
				      struct kidos_flow_packet *flow)
{
	flow->key = packet->key;
	/* As the word the parser wrote: a narrower store would stall the next read of it. */
	((__u64 *)&flow->key)[4] |=
		(__u64)(slot << KIDOS_META_SLOT_SHIFT | direction << KIDOS_META_DIRECTION_SHIFT)
		<< 32;
	flow->packets = wire->packets;
	flow->bytes = wire->bytes;
	flow->now = bpf_jiffies64() >> kidos_config.time_shift;
	flow->tunnel_id = packet->tunnel_id;
	flow->inner_vlan = packet->inner_vlan;
	flow->tcp_flags = packet->tcp_flags;
	flow->size = size_of(wire);
	/* Before the look-up, whose outcome is cached as of this generation. */
	flow->policy = direction == KIDOS_RX ? policy_generation() : 0;
}

/* What the table says of the flow: KIDOS_COUNTED and its verdict; 0 where it has none. */
static __always_inline __u32 account_flow(__u32 slot, __u32 direction,
					  const struct kidos_packet *packet,
					  const struct kidos_flow_packet *flow)
{
	__u32 marks;

	if (packet->has_key) {
		marks = count_flow(flow);
		if (marks)
			return marks;
		count_event(KIDOS_EVENT_UNATTRIBUTED);
	}
	retire(slot, direction, packet->class, flow->packets, flow->bytes);
	return 0;
}

/* Most packets of a policy: of a known source, and with nothing about them to be looked at. */
static __always_inline int is_permitted(const struct kidos_flow_packet *flow, __u32 marks,
					int tunnel)
{
	__u32 wanted = flow->policy | KIDOS_VERDICT_PERMIT << KIDOS_MARKS_VERDICT_SHIFT;

	return !((marks ^ wanted) & ~KIDOS_MARKS_TCP_FLAGS) && !tunnel;
}

#define KIDOS_DONE 0xffffffffu /* no entry's marks */

/*
 * Counts, and judges as far as the flow's entry can. Returns its marks, for
 * police.h to look at; or KIDOS_DONE where nothing is left to be done.
 */
static __always_inline __u32 account(__u32 slot, __u32 direction, const struct kidos_packet *packet,
				     __u64 length, const struct wire *wire, int tunnel,
				     struct kidos_flow_packet *flow)
{
	struct kidos_totals *total = account_totals(slot, direction, packet, length, wire);
	__u32 marks;

	make_flow(slot, direction, packet, wire, flow);
	marks = account_flow(slot, direction, packet, flow);
	if (!kidos_config.policy_room || !flow->policy)
		return KIDOS_DONE;
	if (!is_permitted(flow, marks, tunnel))
		return marks;
	if (total)
		count_own(&total->outcomes[KIDOS_OUTCOME_PERMITTED], wire->packets);
	return KIDOS_DONE;
}

/* With `inner`, a tunnel's packet is accounted as what it carries. */
static __always_inline void look_inside(struct kidos_packet *packet,
					const struct kidos_packet *inner)
{
	__u32 tunnel_id = packet->tunnel_id;

	if (!inner->has_key)
		return;
	*packet = *inner;
	packet->tunnel_id = tunnel_id;
}

/* Returns what becomes of the packet. */
static __always_inline int account_xdp(struct xdp_md *ctx, __u32 netns)
{
	struct kidos_port port = port_of(netns, ctx->ingress_ifindex, kidos_config.ports_mask);
	struct kidos_frame frame = frame_of_xdp(ctx);
	struct wire wire = { .packets = 1, .bytes = frame.length };
	struct kidos_flow_packet flow;
	struct kidos_packet packet;
	__u64 outer = 0;
	__u32 marks;

	kidos_parse(&frame, &packet);
	if (kidos_config.inner && packet.inner) {
		struct kidos_packet inner = {};

		outer = case_make(&packet, KIDOS_PORT_ETHERNET);
		parse_xdp_inner(ctx, packet.inner, packet.inner_protocol, &inner);
		look_inside(&packet, &inner);
	}
	marks = account(port.slot, KIDOS_RX, &packet, frame.length, &wire, outer || packet.tunnel,
			&flow);
	if (marks != KIDOS_DONE &&
	    police_xdp(ctx, &flow, outer ?: case_make(&packet, KIDOS_PORT_ETHERNET), marks,
		       port.slot))
		return XDP_DROP;
	return to_socket(ctx, port.flags, frame.length);
}

static __always_inline int needs_more(const struct kidos_packet *packet)
{
	return kidos_is_short(packet->error) || (packet->tunnel && !packet->inner);
}

/* Brings headers into the linear part, and parses again. Returns 0 if there is no more. */
KIDOS_VERIFIED_ONCE int parse_pulled(struct __sk_buff *skb, __u32 flags,
				     struct kidos_packet *packet)
{
	__u32 length = ((skb_fields *)skb)->len;
	struct kidos_frame frame;

	if (!packet || bpf_skb_pull_data(skb, length < KIDOS_PULL ? length : KIDOS_PULL))
		return 0;
	frame = frame_of(skb, flags);
	kidos_parse(&frame, packet);
	return 1;
}

/* Headers may lie outside the linear part of an skb: then the parser ran into its end. */
static __always_inline void parse_skb(struct __sk_buff *skb, __u32 flags,
				      struct kidos_packet *packet)
{
	struct kidos_frame frame = frame_of(skb, flags);
	__u32 linear = frame.data_end - frame.data;
	struct kidos_packet pulled = {};

	kidos_parse(&frame, packet);
	if (needs_more(packet) && linear < frame.length && linear < KIDOS_PULL &&
	    parse_pulled(skb, flags, &pulled))
		*packet = pulled;
}

/*
 * headers: bytes before the payload, which each segment repeats. gso_segs is
 * 0 where the sender left it open (virtio, tap): count from gso_size.
 */
static __always_inline struct wire wire_of(skb_fields *skb, __u32 headers)
{
	__u32 length = skb->len, size = skb->gso_size;
	struct wire wire = { .packets = 1, .bytes = length };

	if (size) {
		wire.packets = skb->gso_segs;
		if (!wire.packets && headers < length)
			wire.packets = (length - headers + size - 1) / size;
		if (!wire.packets)
			wire.packets = 1;
		wire.bytes += (wire.packets - 1) * headers;
	}
	if (skb->vlan_present)
		wire.bytes += 4 * wire.packets;
	return wire;
}

/* Nonzero: the packet is to be dropped. */
static __always_inline int account_skb(struct __sk_buff *skb, struct kidos_origin from)
{
	struct kidos_port port = port_of(from.netns, skb->ifindex, kidos_config.ports_mask);
	struct kidos_flow_packet flow;
	struct kidos_packet packet;
	struct wire wire;
	__u32 headers, marks;
	__u64 outer = 0;

	parse_skb(skb, port.flags, &packet);
	headers = packet.headers;
	/* Of a tunnel's segments the inner headers are repeated too. */
	if (packet.inner && (kidos_config.inner || ((skb_fields *)skb)->gso_size)) {
		struct kidos_packet inner = {};

		parse_skb_inner(skb, packet.inner, packet.inner_protocol, &inner);
		headers = inner.headers;
		if (kidos_config.inner) {
			outer = case_make(&packet, port.flags);
			look_inside(&packet, &inner);
		}
	}
	wire = wire_of(skb, headers);
	marks = account(port.slot, from.direction, &packet, ((skb_fields *)skb)->len, &wire,
			outer || packet.tunnel, &flow);
	if (marks == KIDOS_DONE)
		return 0;
	return police_skb(skb, &flow, outer ?: case_make(&packet, port.flags), marks, port.slot);
}

#endif
