/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_outcomes.h: the two hooks that see the states of TCP sockets: at the
 * root cgroup, or, where that is taken, the kernel's tracepoint. A kernel
 * gives the socket to a program by type in both.
 */
#ifndef KIDOS_CONNECT_OUTCOMES_H
#define KIDOS_CONNECT_OUTCOMES_H

#include "connect_tcp.h"

/* A macro, since storage belongs to what the hook itself calls the socket. */
#define KEPT(socket, flags) bpf_sk_storage_get(&connect_sockets, socket, 0, flags)

static __always_inline int see_states(struct bpf_sock_ops *ctx)
{
	bpf_sock_ops_cb_flags_set(ctx,
				  (int)ctx->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG);
	return 0;
}

static __always_inline __u64 ops_key(struct bpf_sock_ops *ctx, struct tcp_sock *tcp)
{
	return connect_config.returns ? (__u64)tcp : bpf_get_socket_cookie(ctx);
}

static __always_inline int ops_state(struct bpf_sock_ops *ctx, struct bpf_sock *socket,
				     struct tcp_sock *tcp)
{
	__u32 from = ctx->args[0], to = ctx->args[1];
	struct kidos_connect_attempt attempt = {};
	struct kidos_connect_kept *kept;
	struct connect_bytes bytes = {};
	struct connect_end end = {};

	if (to == TCP_ESTABLISHED ||
	    (to == TCP_CLOSE && (from == TCP_SYN_SENT || from == TCP_SYN_RECV))) {
		if (tcp_outcome((struct sock *)tcp, ops_key(ctx, tcp), (int)to, &attempt, &end)) {
			kept = KEPT(socket, BPF_SK_STORAGE_GET_F_CREATE);
			bytes_of(tcp, &bytes);
			if (kept)
				keep(kept, &attempt, end.time, &bytes);
		}
		if (to == TCP_ESTABLISHED || from == TCP_SYN_SENT)
			return 1;
	}
	if (to != TCP_CLOSE)
		return 1;
	kept = KEPT(socket, 0);
	if (kept)
		tcp_closed(tcp, kept, bpf_get_socket_cookie(ctx));
	return 1;
}

static __always_inline int ops_listen(struct bpf_sock *socket)
{
	struct kidos_connect_kept *kept = KEPT(socket, BPF_SK_STORAGE_GET_F_CREATE);
	struct kidos_connect_attempt attempt = {};
	struct connect_bytes bytes = {};

	if (!kept)
		return 1;
	who(&attempt);
	keep(kept, &attempt, bpf_ktime_get_boot_ns(), &bytes);
	return 1;
}

static __always_inline int ops_accepted(struct bpf_sock_ops *ctx, struct bpf_sock *socket,
					struct tcp_sock *tcp)
{
	struct kidos_connect_kept *kept = KEPT(socket, BPF_SK_STORAGE_GET_F_CREATE);

	see_states(ctx);
	if (kept)
		tcp_accepted((struct sock *)tcp, kept, bpf_get_socket_cookie(ctx));
	return 1;
}

static __always_inline int ops(struct bpf_sock_ops *ctx)
{
	struct bpf_sock *socket = ctx->sk;
	struct tcp_sock *tcp = socket ? bpf_skc_to_tcp_sock(socket) : NULL;

	if (!socket || !tcp)
		return 1;
	switch (ctx->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		see_states(ctx);
		tcp_syn((struct sock *)tcp, bpf_get_socket_cookie(ctx));
		return 1;
	case BPF_SOCK_OPS_STATE_CB:
		return ops_state(ctx, socket, tcp);
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		return ops_accepted(ctx, socket, tcp);
	default:
		return ops_listen(socket);
	}
}

SEC("sockops")
int connect_sockops(struct bpf_sock_ops *ctx)
{
	switch (ctx->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
	case BPF_SOCK_OPS_STATE_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		return ops(ctx);
	}
	return 1;
}

/* --- the kernel's tracepoint inet_sock_set_state(sk, from, to) --- */

static __always_inline __u64 cookie_of(struct sock *sk)
{
	__u64 cookie = (__u64)sk->__sk_common.skc_cookie.counter;

	return cookie ? cookie : (__u64)sk;
}

static __always_inline int trace_closed(struct sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct kidos_connect_kept *kept;

	if (!connect_config.storage || !tcp)
		return 0;
	kept = KEPT(sk, 0);
	return kept ? tcp_closed(tcp, kept, cookie_of(sk)) : 0;
}

static __always_inline int trace_kept(struct sock *sk, const struct kidos_connect_attempt *attempt,
				      __u64 since)
{
	struct connect_bytes bytes = {};
	struct kidos_connect_kept *kept;

	if (!connect_config.storage)
		return 0;
	kept = KEPT(sk, BPF_SK_STORAGE_GET_F_CREATE);
	if (kept)
		keep(kept, attempt, since, &bytes);
	return 0;
}

static __always_inline int trace_listen(struct sock *sk)
{
	struct kidos_connect_attempt attempt = {};

	who(&attempt);
	return trace_kept(sk, &attempt, bpf_ktime_get_boot_ns());
}

/* Of no listener that storage could be kept with: the owner is not known. */
static __always_inline int trace_accepted(struct sock *sk)
{
	struct kidos_connect_kept *kept, none = {};

	if (!connect_config.storage)
		return tcp_accepted(sk, &none, cookie_of(sk));
	kept = KEPT(sk, BPF_SK_STORAGE_GET_F_CREATE);
	return kept ? tcp_accepted(sk, kept, cookie_of(sk)) : 0;
}

static __always_inline int trace_ended(struct sock *sk, int from, int to)
{
	struct kidos_connect_attempt attempt = {};
	struct connect_end end = {};

	if (tcp_outcome(sk, key_of(sk, cookie_of(sk)), to, &attempt, &end))
		return trace_kept(sk, &attempt, end.time);
	if (to == TCP_CLOSE)
		return trace_closed(sk);
	return from == TCP_SYN_RECV && !end.time ? trace_accepted(sk) : 0;
}

SEC("tp_btf/inet_sock_set_state")
int connect_set_state(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	int from = (int)ctx[1], to = (int)ctx[2];

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	switch (to) {
	case TCP_SYN_SENT:
		return tcp_syn(sk, cookie_of(sk));
	case TCP_LISTEN:
		return trace_listen(sk);
	case TCP_ESTABLISHED:
	case TCP_CLOSE:
		return trace_ended(sk, from, to);
	}
	return 0;
}

#endif
