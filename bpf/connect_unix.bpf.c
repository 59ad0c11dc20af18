/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect_unix.bpf.c: connect() of Unix sockets at the root cgroup (kernel 6.7). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

#include "connect_hooks.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

void *bpf_cast_to_kern_ctx(void *ctx) __ksym;

/* Of attach type BPF_CGROUP_UNIX_CONNECT, which libbpf has no name for before 1.4. */
SEC("cgroup/connect4")
int connect_unix(struct bpf_sock_addr *ctx)
{
	struct kidos_connect_attempt attempt = { .family = AF_UNIX, .type = (__u8)ctx->type };
	struct bpf_sock_addr_kern *kernel = bpf_cast_to_kern_ctx(ctx);
	struct sock *sk = kernel->sk;

	attempt.netns = netns_of(sk);
	attempt.socket = (__u64)sk->__sk_common.skc_cookie.counter;
	if (!attempt.socket)
		attempt.socket = (__u64)sk;
	attempt.address = (__u64)kernel->uaddr;
	attempt.length = kernel->uaddrlen;
	who(&attempt);
	return hook_lost(&attempt);
}
