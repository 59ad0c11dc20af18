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
#include "drop_owner.h"
#include "drop_skb.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define AF_UNIX 1
#define AF_NETLINK 16

struct drop_event {
	struct sk_buff *skb;
	struct sock *sk; /* the receiver's; NULL: the packet's own, if any */
	__u64 place;
	__u32 reason;
};

/* Where there is no device (any more), what the socket and the packet remember. */
static __always_inline void take_interface(const struct drop_skb *skb, struct sock *sk,
					   struct kidos_drop_key *key)
{
	struct net *net = skb->dev ? device_of(skb->dev, &key->ifindex) : NULL;

	if (net)
		key->netns = GET(net, ns.inum);
	/* A queued datagram keeps other things where dev was: they lead nowhere. */
	if (!key->netns) {
		key->ifindex = skb->iif;
		key->netns = sk ? netns_of(sk) : 0;
	}
}

/* Messages between processes, and of the kernel to them, are not packets of a network. */
static __always_inline int is_local_message(struct sock *sk)
{
	__u16 family = sk ? GET(sk, __sk_common.skc_family) : 0;

	return family == AF_UNIX || family == AF_NETLINK;
}

static __always_inline void record_drop(struct sock *sk, const struct kidos_drop_key *key,
					const struct drop_packet *packet)
{
	struct kidos_drop_record record = {
		.time = bpf_ktime_get_boot_ns(),
		.place = key->place,
		.reason = key->reason,
		.netns = key->netns,
		.ifindex = key->ifindex,
		.policy = key->policy,
	};
	struct drop_socket socket = {};

	take_packet(packet, &record);
	if (sk)
		read_socket(sk, &socket);
	take_owner(&socket, &record);
	if (!record.owner)
		take_bystander(&record);
	keep_record(&record);
	if (!key->policy)
		note_reason(&record);
}

/*
 * Before 6.13 the verifier takes tp_btf's rx_sk for a pointer that is never
 * NULL, and leaves a test of it out. Half of it is a plain number to any.
 */
static __always_inline struct sock *receiver_of(const struct drop_event *event)
{
	__u32 half = (__u32)(unsigned long)event->sk;

	asm volatile("" : "+w"(half));
	return half ? event->sk : NULL;
}

/*
 * The policy has just dropped it: the kernel frees it next on this CPU. It is
 * known by where its first byte lies, so that a mark whose packet was never an
 * skb (native XDP) is no other's.
 */
static __always_inline int is_policed(const struct drop_skb *skb)
{
	__u32 zero = 0;
	__u64 *mark;

	if (!drop_config.policy || skb->mac == HEADER_UNSET)
		return 0;
	mark = bpf_map_lookup_elem(&policy_mark, &zero);
	if (!mark || *mark != (__u64)skb->head + skb->mac)
		return 0;
	*mark = 0;
	return 1;
}

static __always_inline int handle(const struct drop_event *event)
{
	struct kidos_drop_key key = { .place = event->place, .reason = event->reason };
	struct drop_packet packet = {};
	struct drop_skb skb = {};
	struct sock *sk;

	read_skb(event->skb, &skb);
	/* Before pointers are tested: a verifier would walk the headers for each outcome. */
	read_packet(&skb, &packet);
	sk = receiver_of(event);
	sk = sk ? sk : skb.sk;
	if (is_local_message(sk)) {
		note_trial();
		return 0;
	}
	take_interface(&skb, sk, &key);
	key.class = packet.class;
	key.policy = is_policed(&skb);
	if (count_drop(&key) || may_record())
		record_drop(sk, &key, &packet);
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
	struct drop_event event = { .skb = (void *)ctx[0],
				    .sk = (void *)ctx[3],
				    .place = ctx[1],
				    .reason = (__u32)ctx[2] };

	return is_drop(event.reason) ? handle(&event) : 0;
}

SEC("tp_btf/kfree_skb")
int drop_btf_reason(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct drop_event event = { .skb = skb, .place = ctx[1], .reason = (__u32)ctx[2] };

	return is_drop(event.reason) ? handle(&event) : 0;
}

SEC("tp_btf/kfree_skb")
int drop_btf(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct drop_event event = { .skb = skb, .place = ctx[1], .reason = KIDOS_REASON_UNKNOWN };

	return handle(&event);
}
#endif
