/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_send.bpf.c: who sends datagrams to where without connect(): at the
 * return of the kernel's functions (kernel 5.11), or at the root cgroup, which
 * costs each such datagram of the host a lock of its socket.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

#include "connect_send.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define ALLOW 1
#define SENDER(socket, flags) bpf_sk_storage_get(&connect_senders, socket, 0, flags)

/* --- (sk, message, length), at its return --- */

struct send_address {
	__u16 family;
	__be16 port;
	__be32 ipv4;
	union kidos_address ipv6;
};

/* 1: the message has an address of its own, and this function is the one that sends it. */
static __always_inline int read_target(struct msghdr *message, int ipv6,
				       struct connect_target *target)
{
	const void *name = message->msg_name;
	struct send_address address = {};

	if (!name || bpf_probe_read_kernel(&address, ipv6 ? sizeof(address) : 8, name))
		return 0;
	target->port = bpf_ntohs(address.port);
	if (!ipv6) {
		set_ipv4(&target->address, address.ipv4);
		return address.family == AF_INET || address.family == AF_UNSPEC;
	}
	/* IPv4, mapped or not, goes on to the other function. */
	target->address = address.ipv6;
	return address.family == AF_INET6 && !is_mapped(&target->address);
}

static __always_inline void set_socket(struct kidos_connect_sender *sender, struct sock *sk)
{
	struct connect_ends ends = {};
	__u64 cookie = (__u64)sk->__sk_common.skc_cookie.counter;

	set_sender(sender, cookie ? cookie : (__u64)sk, netns_of(sk));
	ends_of(sk, &ends);
	sender->src = ends.src;
	sender->sport = ends.sport;
	sender->protocol = sk->sk_protocol;
}

static __always_inline int sent(__u64 *ctx, int ipv6)
{
	struct msghdr *message = (void *)ctx[1];
	struct kidos_connect_sender *sender;
	struct connect_target target = {};
	struct sock *sk = (void *)ctx[0];

	if ((int)ctx[3] < 0 || !read_target(message, ipv6, &target))
		return 0;
	sender = SENDER(sk, BPF_SK_STORAGE_GET_F_CREATE);
	if (!sender) {
		count_event(KIDOS_CONNECT_EVENT_NO_DATAGRAM);
		return 0;
	}
	if (!sender->socket)
		set_socket(sender, sk);
	return count_send(sender, &target);
}

SEC("fexit/udp_sendmsg")
int send_fexit4(__u64 *ctx)
{
	return sent(ctx, 0);
}

SEC("fexit/udpv6_sendmsg")
int send_fexit6(__u64 *ctx)
{
	return sent(ctx, 1);
}

static __always_inline int destroyed(struct sock *sk)
{
	struct kidos_connect_sender *sender = SENDER(sk, 0);

	if (sender)
		give_out_all(sender);
	return 0;
}

SEC("fentry/udp_destroy_sock")
int send_destroy4(__u64 *ctx)
{
	return destroyed((void *)ctx[0]);
}

SEC("fentry/udpv6_destroy_sock")
int send_destroy6(__u64 *ctx)
{
	return destroyed((void *)ctx[0]);
}

/* --- at the root cgroup --- */

static __always_inline int hook(struct bpf_sock_addr *ctx, const struct connect_target *target)
{
	struct kidos_connect_sender *sender;
	struct bpf_sock *socket = ctx->sk;

	if (!socket)
		return ALLOW;
	sender = SENDER(socket, BPF_SK_STORAGE_GET_F_CREATE);
	if (!sender) {
		count_event(KIDOS_CONNECT_EVENT_NO_DATAGRAM);
		return ALLOW;
	}
	if (!sender->socket) {
		set_sender(sender, bpf_get_socket_cookie(ctx), netns_here());
		sender->protocol = (__u16)ctx->protocol;
		sender->sport = (__u16)socket->src_port;
		set_ipv4(&sender->src, socket->src_ip4);
	}
	count_send(sender, target);
	return ALLOW;
}

SEC("cgroup/sendmsg4")
int send_cgroup4(struct bpf_sock_addr *ctx)
{
	struct connect_target target = { .port = bpf_ntohs((__u16)ctx->user_port) };

	set_ipv4(&target.address, ctx->user_ip4);
	return hook(ctx, &target);
}

SEC("cgroup/sendmsg6")
int send_cgroup6(struct bpf_sock_addr *ctx)
{
	struct connect_target target = { .port = bpf_ntohs((__u16)ctx->user_port) };

	target.address.words[0] = ctx->user_ip6[0];
	target.address.words[1] = ctx->user_ip6[1];
	target.address.words[2] = ctx->user_ip6[2];
	target.address.words[3] = ctx->user_ip6[3];
	return hook(ctx, &target);
}

SEC("cgroup/sock_release")
int send_release(struct bpf_sock *ctx)
{
	struct kidos_connect_sender *sender = SENDER(ctx, 0);

	if (sender)
		give_out_all(sender);
	return ALLOW;
}
