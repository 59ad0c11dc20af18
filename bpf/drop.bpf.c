/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * drop.bpf.c: counts the packets that the kernel drops. Two objects: as it
 * is, for BTF-typed tracepoints, whose arguments are read directly; and with
 * KIDOS_PROBE_READ for raw tracepoints and kprobes, which read through
 * bpf_probe_read_kernel. The plugin loads one program: a rung of its ladder.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "kernel_types.h"

#ifdef KIDOS_PROBE_READ
#define GET(pointer, field) BPF_CORE_READ(pointer, field)
#else
#define GET(pointer, field) ((pointer)->field)
#endif

#include "drop_count.h"
#include "drop_headers.h"
#include "drop_owner.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define AF_UNIX 1
#define AF_NETLINK 16

struct drop_event {
	struct sk_buff *skb;
	struct sock *sk; /* the receiver's or the packet's own, or NULL */
	__u64 place;
	__u32 reason;
};

static __always_inline void take_packet(struct sk_buff *skb, struct kidos_drop_record *record)
{
	const unsigned char *head = GET(skb, head), *at = GET(skb, data);
	struct drop_bytes bytes = { .head = head, .tail = GET(skb, tail) };
	__u32 network = GET(skb, network_header), mac = GET(skb, mac_header);
	__u32 data = (__u32)(at - head), front = mac != HEADER_UNSET ? mac : network;

	record->length = GET(skb, len);
	if (front && front < data)
		record->length += data - front;
	record->ethertype = bpf_ntohs(GET(skb, protocol));
	record->class = class_of_ethertype(record->ethertype);
	if (head && drop_config.headers)
		read_headers(&bytes, network, data, mac, record);
	if (!record->family)
		record->class = class_of_ethertype(record->ethertype);
}

/* Where there is no device (any more), what the socket and the packet remember. */
static __always_inline void take_interface(struct sk_buff *skb, const struct drop_socket *socket,
					   struct kidos_drop_record *record)
{
	struct net_device *dev = GET(skb, dev);
	struct net *net = dev ? GET(dev, nd_net.net) : NULL;

	if (net) {
		record->ifindex = (__u32)GET(dev, ifindex);
		record->netns = GET(net, ns.inum);
	}
	/* A queued datagram keeps other things where dev was: they lead nowhere. */
	if (!record->netns) {
		record->ifindex = (__u32)GET(skb, skb_iif);
		record->netns = socket->netns;
	}
}

/* Messages between processes, and of the kernel to them, are not packets of a network. */
static __always_inline int is_local_message(const struct drop_socket *socket)
{
	return socket->family == AF_UNIX || socket->family == AF_NETLINK;
}

static __always_inline int handle(const struct drop_event *event)
{
	struct kidos_drop_record record = { .place = event->place, .reason = event->reason };
	struct drop_socket socket = {};

	if (is_trial())
		return 0;
	if (event->sk)
		read_socket(event->sk, &socket);
	if (is_local_message(&socket))
		return 0;
	record.time = bpf_ktime_get_boot_ns();
	take_interface(event->skb, &socket, &record);
	take_packet(event->skb, &record);
	count_drop(&record);
	take_owner(&socket, &record);
	if (!record.owner)
		take_bystander(&record);
	keep_record(&record);
	note_reason(&record);
	return 0;
}

/* The two reasons that mean: not dropped. Their numbers differ between kernels. */
static __always_inline int is_drop(__u32 reason)
{
	if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_CONSUMED) &&
	    reason == bpf_core_enum_value(enum skb_drop_reason, SKB_CONSUMED))
		return 0;
	return !bpf_core_enum_value_exists(enum skb_drop_reason, SKB_NOT_DROPPED_YET) ||
	       reason != bpf_core_enum_value(enum skb_drop_reason, SKB_NOT_DROPPED_YET);
}

#ifdef KIDOS_PROBE_READ
#include "drop_probes.h"
#else

/*
 * Tracepoint kfree_skb(skb, location[, reason[, rx_sk]]): reason since 5.17,
 * rx_sk since 6.11. A context is an array of 64-bit arguments.
 */
SEC("tp_btf/kfree_skb")
int drop_btf_socket(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct sock *rx_sk = (void *)ctx[3];
	struct drop_event event = {
		.skb = skb, .sk = skb->sk, .place = ctx[1], .reason = (__u32)ctx[2]
	};
	/*
	 * Before 6.13 the verifier takes rx_sk for a pointer that is never NULL,
	 * and leaves a test of it out. Half of it is a plain number to any.
	 */
	__u32 half;

	if (!is_drop(event.reason))
		return 0;
	if (rx_sk) {
		half = (__u32)(unsigned long)rx_sk;
		asm volatile("" : "+w"(half));
		if (half)
			event.sk = rx_sk;
	}
	return handle(&event);
}

SEC("tp_btf/kfree_skb")
int drop_btf_reason(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct drop_event event = {
		.skb = skb, .sk = skb->sk, .place = ctx[1], .reason = (__u32)ctx[2]
	};

	return is_drop(event.reason) ? handle(&event) : 0;
}

SEC("tp_btf/kfree_skb")
int drop_btf(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct drop_event event = {
		.skb = skb, .sk = skb->sk, .place = ctx[1], .reason = KIDOS_REASON_UNKNOWN
	};

	return handle(&event);
}
#endif
