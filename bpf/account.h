/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * account.h: one packet into totals and flow table. Both hooks come here with
 * a frame and with what the wire carried for it.
 */
#ifndef KIDOS_ACCOUNT_H
#define KIDOS_ACCOUNT_H

#include "maps.h"
#include "parse.h"
#include "retire.h"

/* Packets and bytes on the wire for one skb or frame. */
struct wire {
	__u64 packets;
	__u64 bytes;
};

static __always_inline struct kidos_port port_of(__u32 netns, __u32 ifindex)
{
	struct kidos_port other = { .slot = KIDOS_SLOT_OTHER, .flags = KIDOS_PORT_ETHERNET };
	__u32 home = kidos_port_home(netns, ifindex);

	KIDOS_NO_UNROLL
	for (__u32 i = 0; i < KIDOS_PORT_PROBES; i++) {
		__u32 index = (home + i) & kidos_config.ports_mask;
		struct kidos_port *port = bpf_map_lookup_elem(&ports, &index);

		if (!port || !port->ifindex)
			break;
		if (port->ifindex == ifindex && port->netns == netns)
			return *port;
	}
	return other;
}

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
 * Totals come before the flow table: who reads the table first and the
 * totals after it finds every packet of the table in the totals.
 */
static __always_inline void account_totals(__u32 slot, __u32 direction,
					   const struct kidos_packet *packet, __u64 length,
					   const struct wire *wire)
{
	__u32 index = slot * KIDOS_DIRECTIONS + direction;
	struct kidos_totals *total = bpf_map_lookup_elem(&totals, &index);
	__u32 class = packet->class, error = packet->error;

	KIDOS_BARRIER(class);
	if (!total || class >= KIDOS_CLASSES)
		return;
	count_own(&total->hook[class].packets, 1);
	count_own(&total->hook[class].bytes, length);
	if (wire->packets != 1 || wire->bytes != length) {
		count_own(&total->extra[class].packets, wire->packets - 1);
		count_own(&total->extra[class].bytes, wire->bytes - length);
	}
	if (error)
		count_own(&total->errors[error & (KIDOS_ERRORS_ROOM - 1)], 1);
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

static __always_inline void account_flow(__u32 slot, __u32 direction,
					 const struct kidos_packet *packet, const struct wire *wire)
{
	struct kidos_flow_packet flow;

	if (packet->has_key) {
		flow.key = packet->key;
		/* As the word the parser wrote: a narrower store would stall the next read of it.
		 */
		((__u64 *)&flow.key)[4] |= (__u64)(slot << KIDOS_META_SLOT_SHIFT |
						   direction << KIDOS_META_DIRECTION_SHIFT)
					   << 32;
		flow.packets = wire->packets;
		flow.bytes = wire->bytes;
		flow.now = bpf_jiffies64() >> kidos_config.time_shift;
		flow.tunnel_id = packet->tunnel_id;
		flow.inner_vlan = packet->inner_vlan;
		flow.tcp_flags = packet->tcp_flags;
		flow.size = size_of(wire);
		if (count_flow(&flow))
			return;
		count_event(KIDOS_EVENT_UNATTRIBUTED);
	}
	retire(slot, direction, packet->class, wire->packets, wire->bytes);
}

static __always_inline void account(__u32 slot, __u32 direction, const struct kidos_packet *packet,
				    __u64 length, const struct wire *wire)
{
	account_totals(slot, direction, packet, length, wire);
	account_flow(slot, direction, packet, wire);
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

static __always_inline void account_xdp(struct xdp_md *ctx, __u32 netns)
{
	struct kidos_port port = port_of(netns, ctx->ingress_ifindex);
	struct kidos_frame frame = frame_of_xdp(ctx);
	struct wire wire = { .packets = 1, .bytes = frame.length };
	struct kidos_packet packet;

	kidos_parse(&frame, &packet);
	if (kidos_config.inner && packet.inner) {
		struct kidos_packet inner = {};

		parse_xdp_inner(ctx, packet.inner, packet.inner_protocol, &inner);
		look_inside(&packet, &inner);
	}
	account(port.slot, KIDOS_RX, &packet, frame.length, &wire);
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

static __always_inline void account_skb(struct __sk_buff *skb, struct kidos_origin from)
{
	struct kidos_port port = port_of(from.netns, skb->ifindex);
	struct kidos_packet packet;
	struct wire wire;
	__u32 headers;

	parse_skb(skb, port.flags, &packet);
	headers = packet.headers;
	/* Of a tunnel's segments the inner headers are repeated too. */
	if (packet.inner && (kidos_config.inner || ((skb_fields *)skb)->gso_size)) {
		struct kidos_packet inner = {};

		parse_skb_inner(skb, packet.inner, packet.inner_protocol, &inner);
		headers = inner.headers;
		if (kidos_config.inner)
			look_inside(&packet, &inner);
	}
	wire = wire_of(skb, headers);
	account(port.slot, from.direction, &packet, ((skb_fields *)skb)->len, &wire);
}

#endif
