/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_hooks.h: the rung at the root cgroup: connect() as the protocol
 * gets it, without a return code. What no SYN takes over has failed; of UDP
 * and Unix sockets nothing says how it ended.
 */
#ifndef KIDOS_CONNECT_HOOKS_H
#define KIDOS_CONNECT_HOOKS_H

#include "connect_call.h"

#define ALLOW 1

static __always_inline int hook_lost(struct kidos_connect_attempt *attempt)
{
	attempt->start = bpf_ktime_get_boot_ns();
	if (attempt->trial)
		return ALLOW;
	count_attempt(attempt);
	end_call(attempt, KIDOS_CONNECT_LOST, 0, 0, NULL);
	return ALLOW;
}

static __always_inline int hook(struct bpf_sock_addr *ctx, struct kidos_connect_attempt *attempt)
{
	attempt->protocol = (__u16)ctx->protocol;
	attempt->type = (__u8)ctx->type;
	attempt->dport = bpf_ntohs((__u16)ctx->user_port);
	attempt->socket = bpf_get_socket_cookie(ctx);
	attempt->trial = is_trial(attempt->socket);
	who(attempt);
	attempt->netns = netns_here();
	if (protocol_of(attempt->protocol, attempt->family) != KIDOS_CONNECT_TCP)
		return hook_lost(attempt);
	resume(attempt->tid_initial, 0);
	enter(attempt);
	return ALLOW;
}

SEC("cgroup/connect4")
int connect_cgroup4(struct bpf_sock_addr *ctx)
{
	struct kidos_connect_attempt attempt = { .family = AF_INET };

	set_ipv4(&attempt.dst, ctx->user_ip4);
	return hook(ctx, &attempt);
}

SEC("cgroup/connect6")
int connect_cgroup6(struct bpf_sock_addr *ctx)
{
	struct kidos_connect_attempt attempt = {};

	attempt.dst.words[0] = ctx->user_ip6[0];
	attempt.dst.words[1] = ctx->user_ip6[1];
	attempt.dst.words[2] = ctx->user_ip6[2];
	attempt.dst.words[3] = ctx->user_ip6[3];
	attempt.family = is_mapped(&attempt.dst) ? AF_INET : AF_INET6;
	return hook(ctx, &attempt);
}

#endif
