/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * owner.bpf.c: remembers which process made, bound or connected a socket, so
 * that a packet dropped later in softirq still has an owner. Attached to the
 * root cgroup; every program allows what it sees.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "abi_drop.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define ALLOW 1

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KIDOS_DROP_OWNERS);
	__type(key, struct kidos_owner_key);
	__type(value, struct kidos_owner_process);
} drop_owners SEC(".maps");

static __always_inline int remember(__u64 cookie, __u32 port)
{
	struct kidos_owner_key key = { .cookie = cookie, .port = port };
	struct kidos_owner_process process = {
		.tgid = (__u32)(bpf_get_current_pid_tgid() >> 32),
	};

	bpf_get_current_comm(process.comm, sizeof(process.comm));
	bpf_map_update_elem(&drop_owners, &key, &process, BPF_ANY);
	return ALLOW;
}

SEC("cgroup/sock_create")
int owner_create(struct bpf_sock *ctx)
{
	return remember(bpf_get_socket_cookie(ctx), 0);
}

/* Accepted connections are found by the port of the one that listens. */
static __always_inline int bound(struct bpf_sock *ctx)
{
	remember(bpf_get_netns_cookie(ctx), ctx->src_port);
	return remember(bpf_get_socket_cookie(ctx), 0);
}

SEC("cgroup/post_bind4")
int owner_bind4(struct bpf_sock *ctx)
{
	return bound(ctx);
}

SEC("cgroup/post_bind6")
int owner_bind6(struct bpf_sock *ctx)
{
	return bound(ctx);
}

SEC("cgroup/connect4")
int owner_connect4(struct bpf_sock_addr *ctx)
{
	return remember(bpf_get_socket_cookie(ctx), 0);
}

SEC("cgroup/connect6")
int owner_connect6(struct bpf_sock_addr *ctx)
{
	return remember(bpf_get_socket_cookie(ctx), 0);
}
