/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * owner.bpf.c: remembers which process made, bound or connected a socket, so
 * that a packet dropped later in softirq still has an owner. Attached to the
 * root cgroup; every program allows what it sees.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "address.h"
#include "pid.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define ALLOW 1

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KIDOS_DROP_OWNERS);
	__type(key, struct kidos_owner_key);
	__type(value, struct kidos_owner_process);
} drop_owners SEC(".maps");

const volatile struct kidos_drop_config drop_config = {};

static __always_inline int remember_at(const struct kidos_owner_key *key)
{
	struct kidos_owner_process process = { .tgid = current_process(&drop_config) };

	bpf_get_current_comm(process.comm, sizeof(process.comm));
	bpf_map_update_elem(&drop_owners, key, &process, BPF_ANY);
	return ALLOW;
}

static __always_inline int remember(__u64 cookie)
{
	struct kidos_owner_key key = { .cookie = cookie };

	return remember_at(&key);
}

SEC("cgroup/sock_create")
int owner_create(struct bpf_sock *ctx)
{
	return remember(bpf_get_socket_cookie(ctx));
}

/* Accepted connections are found by where the one that listens is bound. */
static __always_inline int bound(struct bpf_sock *ctx, struct kidos_owner_key *key)
{
	key->cookie = bpf_get_netns_cookie(ctx);
	key->port = (__u16)ctx->src_port;
	key->protocol = (__u8)ctx->protocol;
	remember_at(key);
	return remember(bpf_get_socket_cookie(ctx));
}

SEC("cgroup/post_bind4")
int owner_bind4(struct bpf_sock *ctx)
{
	struct kidos_owner_key key = {};

	set_ipv4(&key.address, ctx->src_ip4);
	return bound(ctx, &key);
}

SEC("cgroup/post_bind6")
int owner_bind6(struct bpf_sock *ctx)
{
	struct kidos_owner_key key = {};

	key.address.words[0] = ctx->src_ip6[0];
	key.address.words[1] = ctx->src_ip6[1];
	key.address.words[2] = ctx->src_ip6[2];
	key.address.words[3] = ctx->src_ip6[3];
	return bound(ctx, &key);
}

SEC("cgroup/connect4")
int owner_connect4(struct bpf_sock_addr *ctx)
{
	return remember(bpf_get_socket_cookie(ctx));
}

SEC("cgroup/connect6")
int owner_connect6(struct bpf_sock_addr *ctx)
{
	return remember(bpf_get_socket_cookie(ctx));
}
