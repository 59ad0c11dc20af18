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

static __always_inline struct kidos_port port_of(__u32 ifindex)
{
	struct kidos_port_key key = { .netns = config.netns, .ifindex = ifindex };
	struct kidos_port *port = bpf_map_lookup_elem(&ports, &key);
	struct kidos_port other = { .slot = KIDOS_SLOT_OTHER, .flags = KIDOS_PORT_ETHERNET };

	return port ? *port : other;
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
	__u32 class = packet->class;

	if (!total || class >= KIDOS_CLASSES)
		return;
	/* Atomic although per CPU: on PREEMPT_RT one packet's path may preempt another's. */
	__sync_fetch_and_add(&total->hook[class].packets, 1);
	__sync_fetch_and_add(&total->hook[class].bytes, length);
	if (wire->bytes != length) {
		__sync_fetch_and_add(&total->extra[class].packets, wire->packets - 1);
		__sync_fetch_and_add(&total->extra[class].bytes, wire->bytes - length);
	}
	if (packet->error && packet->error < KIDOS_PARSE_ERRORS)
		__sync_fetch_and_add(&total->errors[packet->error], 1);
}

static __always_inline void account_flow(__u32 slot, __u32 direction,
					 const struct kidos_packet *packet,
					 const struct wire *wire)
{
	struct kidos_flow_packet flow;

	if (packet->has_key) {
		flow.key = packet->key;
		flow.key.meta |= slot << KIDOS_META_SLOT_SHIFT |
				 direction << KIDOS_META_DIRECTION_SHIFT;
		flow.packets = wire->packets;
		flow.bytes = wire->bytes;
		flow.now = kidos_clock() >> KIDOS_TIME_SHIFT;
		flow.tunnel_id = packet->tunnel_id;
		flow.inner_vlan = packet->inner_vlan;
		flow.tcp_flags = packet->tcp_flags;
		if (kidos_flow_count((const struct kidos_traffic_config *)&config, &flow))
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

static __always_inline void account_frame(const struct kidos_frame *frame, __u32 ifindex)
{
	struct kidos_port port = port_of(ifindex);
	struct wire wire = { .packets = 1, .bytes = frame->length };
	struct kidos_packet packet;

	kidos_parse(frame, &packet);
	account(port.slot, KIDOS_RX, &packet, frame->length, &wire);
}

#define KIDOS_PULL 256 /* bytes that hold every header kidos reads but in hostile packets */

static __always_inline struct kidos_frame frame_of(struct __sk_buff *skb, __u32 flags)
{
	struct kidos_frame frame = {
		.data = (void *)(long)skb->data,
		.data_end = (void *)(long)skb->data_end,
		.length = skb->len,
	};

	if (!(flags & KIDOS_PORT_ETHERNET))
		frame.protocol = bpf_ntohs(skb->protocol);
	if (skb->vlan_present)
		frame.vlan = (skb->vlan_tci & KIDOS_META_VLAN_MASK) | KIDOS_FRAME_VLAN_PRESENT;
	return frame;
}

/* Headers may lie outside the linear part of an skb: bring them in, once, and look again. */
static __always_inline void parse_skb(struct __sk_buff *skb, __u32 flags,
				      struct kidos_packet *packet)
{
	struct kidos_frame frame = frame_of(skb, flags);
	__u32 linear = skb->data_end - skb->data;

	kidos_parse(&frame, packet);
	if (packet->error == KIDOS_PARSE_OK || linear >= skb->len || linear >= KIDOS_PULL)
		return;
	if (bpf_skb_pull_data(skb, skb->len < KIDOS_PULL ? skb->len : KIDOS_PULL))
		return;
	frame = frame_of(skb, flags);
	kidos_parse(&frame, packet);
}

/* Bytes before the payload of each segment; of a tunnel's, the inner headers too. */
static __always_inline __u32 segment_headers(struct __sk_buff *skb, __u32 flags,
					     const struct kidos_packet *packet)
{
	struct kidos_frame frame = frame_of(skb, flags);
	struct kidos_packet inner;

	if (!packet->tunnel)
		return packet->headers;
	kidos_parse_inner(&frame, packet, &inner);
	return inner.headers;
}

/* gso_segs is 0 where the sender left it open (virtio, tap): count from gso_size. */
static __always_inline struct wire wire_of(struct __sk_buff *skb, __u32 flags,
					   const struct kidos_packet *packet)
{
	struct wire wire = { .packets = 1, .bytes = skb->len };
	__u32 headers, size = skb->gso_size;

	if (size) {
		headers = segment_headers(skb, flags, packet);
		wire.packets = skb->gso_segs;
		if (!wire.packets && headers < skb->len)
			wire.packets = (skb->len - headers + size - 1) / size;
		if (!wire.packets)
			wire.packets = 1;
		wire.bytes += (wire.packets - 1) * headers;
	}
	if (skb->vlan_present)
		wire.bytes += 4 * wire.packets;
	return wire;
}

static __always_inline void account_skb(struct __sk_buff *skb, __u32 direction)
{
	struct kidos_port port = port_of(skb->ifindex);
	struct kidos_packet packet;
	struct wire wire;

	parse_skb(skb, port.flags, &packet);
	wire = wire_of(skb, port.flags, &packet);
	account(port.slot, direction, &packet, skb->len, &wire);
}
#endif
