/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * drop_skb.h: what the kernel's own structs tell of a dropped packet. This runs
 * for every drop of a storm, and bpf_probe_read_kernel costs much the same for
 * 4 bytes as for 200: fields that lie near each other are read at once.
 */
#ifndef KIDOS_DROP_SKB_H
#define KIDOS_DROP_SKB_H

#include "drop_headers.h"

struct drop_skb {
	struct net_device *dev;
	struct sock *sk;
	const unsigned char *head, *data;
	__u32 len, tail, iif;
	__u16 network, mac;
	__be16 protocol;
};

static __always_inline void read_fields(struct sk_buff *skb, struct drop_skb *to)
{
	to->dev = GET(skb, dev);
	to->sk = GET(skb, sk);
	to->head = GET(skb, head);
	to->data = GET(skb, data);
	to->len = GET(skb, len);
	to->tail = GET(skb, tail);
	to->iif = (__u32)GET(skb, skb_iif);
	to->network = GET(skb, network_header);
	to->mac = GET(skb, mac_header);
	to->protocol = GET(skb, protocol);
}

static __always_inline struct net *read_device(struct net_device *dev, __u32 *ifindex)
{
	*ifindex = (__u32)GET(dev, ifindex);
	return GET(dev, nd_net.net);
}

#ifdef KIDOS_PROBE_READ
#define SKB_SPAN 208 /* dev to data: 192 or 200 bytes in kernels 5.10 to 7.2 */
#define DEVICE_SPAN 64 /* ifindex to nd_net: 48 or 64 bytes since 6.8 */

#define OFFSET(type, field) bpf_core_field_offset(struct type, field)
#define FROM(type, field) \
	(*(typeof(((struct type *)0)->field) *)(block + behind(OFFSET(type, field), first)))

/* Of its own: a compiler that subtracts from the block's address meets a verifier that forbids it.
 */
static __always_inline __u64 behind(__u64 offset, __u64 first)
{
	offset -= first;
	asm volatile("" : "+r"(offset));
	return offset;
}

/* Offsets are numbers by the time a verifier sees them: it leaves out the way that is not taken. */
static __always_inline void read_skb(struct sk_buff *skb, struct drop_skb *to)
{
	const __u32 first = OFFSET(sk_buff, dev), end = OFFSET(sk_buff, data) + sizeof(void *);
	char block[SKB_SPAN] __attribute__((aligned(8)));

	if (end <= first || end - first > SKB_SPAN) {
		read_fields(skb, to);
		return;
	}
	if (bpf_probe_read_kernel(block, end - first, (const char *)skb + first))
		return;
	to->dev = FROM(sk_buff, dev);
	to->sk = FROM(sk_buff, sk);
	to->head = FROM(sk_buff, head);
	to->data = FROM(sk_buff, data);
	to->len = FROM(sk_buff, len);
	to->tail = FROM(sk_buff, tail);
	to->iif = (__u32)FROM(sk_buff, skb_iif);
	to->network = FROM(sk_buff, network_header);
	to->mac = FROM(sk_buff, mac_header);
	to->protocol = FROM(sk_buff, protocol);
}

static __always_inline struct net *device_of(struct net_device *dev, __u32 *ifindex)
{
	const __u32 first = OFFSET(net_device, ifindex);
	const __u32 end = OFFSET(net_device, nd_net.net) + sizeof(void *);
	char block[DEVICE_SPAN] __attribute__((aligned(8)));

	if (end <= first || end - first > DEVICE_SPAN)
		return read_device(dev, ifindex);
	if (bpf_probe_read_kernel(block, end - first, (const char *)dev + first))
		return NULL;
	*ifindex = (__u32)FROM(net_device, ifindex);
	return FROM(net_device, nd_net.net);
}
#else
#define read_skb read_fields
#define device_of read_device
#endif

static __always_inline void read_packet(const struct drop_skb *skb, struct drop_packet *packet)
{
	__u32 data = (__u32)(skb->data - skb->head);
	__u32 front = skb->mac != HEADER_UNSET ? skb->mac : skb->network;
	__u32 noise = skb->len; /* never compared with anything */

	packet->bytes.head = skb->head;
	packet->bytes.tail = skb->tail;
	packet->ethertype = bpf_ntohs(skb->protocol);
	if (skb->head && drop_config.headers)
		read_headers(packet, skb->network, data, skb->mac, noise);
	if (!packet->family)
		packet->class = class_of_ethertype(packet->ethertype);
	packet->length = skb->len;
	if (front && front < data)
		packet->length += data - front;
	forget_packet(packet, noise);
}

#endif
