/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_find.h: the socket of a connect(), and what is read of its address by
 * helper, each call of which costs 35 ns and more: fields that lie near each
 * other are read at once.
 */
#ifndef KIDOS_CONNECT_FIND_H
#define KIDOS_CONNECT_FIND_H

#include "connect_socket.h"

/* Makes a type of an address, which is read without a helper then (kernel 6.2). */
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;
#define CAST(type, address) \
	((struct type *)bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct type)))

#define OFFSET(type, field) bpf_core_field_offset(struct type, field)
#define FROM(block, first, type, field) \
	(*(typeof(((struct type *)0)->field) *)((block) + behind(OFFSET(type, field), first)))

/* Of its own: a compiler that subtracts from the block's address meets a verifier that forbids it.
 */
static __always_inline __u64 behind(__u64 offset, __u64 first)
{
	offset -= first;
	asm volatile("" : "+r"(offset));
	return offset;
}

/* What a call is known by when it is entered. */
struct connect_found {
	__u64 sk;
	__u16 protocol;
	__u16 family;
	__u16 type;
	__u16 state; /* socket_state */
};

#define SOCKET_SPAN 48 /* state to sk: 32 bytes in kernels 5.10 to 7.2 */

/* 0 where private_data is no socket of this file. */
static __always_inline int read_socket(const struct file *file, const struct socket *socket,
				       struct connect_found *found)
{
	const __u32 first = OFFSET(socket, state), end = OFFSET(socket, sk) + sizeof(void *);
	char block[SOCKET_SPAN] __attribute__((aligned(8)));
	struct sock *sk;

	if (end <= first || end - first > SOCKET_SPAN ||
	    bpf_probe_read_kernel(block, end - first, (const char *)socket + first) ||
	    FROM(block, first, socket, file) != file)
		return 0;
	sk = FROM(block, first, socket, sk);
	found->sk = (__u64)sk;
	found->type = (__u16)FROM(block, first, socket, type);
	found->state = (__u16)FROM(block, first, socket, state);
	found->protocol = BPF_CORE_READ(sk, sk_protocol);
	found->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	return 1;
}

static __always_inline int read_typed(struct socket *socket, struct connect_found *found)
{
	struct sock *sk = socket->sk;

	if (!sk)
		return 0;
	found->sk = (__u64)sk;
	found->type = (__u16)socket->type;
	found->state = (__u16)socket->state;
	found->protocol = sk->sk_protocol;
	found->family = sk->__sk_common.skc_family;
	return 1;
}

/* 0: no socket. */
static __always_inline int find_by_address(struct file *file, struct connect_found *found)
{
	struct socket *socket;

	if (!bpf_rdonly_cast) {
		socket = BPF_CORE_READ(file, private_data);
		return socket && read_socket(file, socket, found);
	}
	socket = CAST(file, file)->private_data;
	if (!socket)
		return 0;
	socket = CAST(socket, socket);
	return (__u64)socket->file == (__u64)file && read_typed(socket, found);
}

/* Of a file that a program has by type (kernel 5.11). */
static __always_inline int find_by_type(struct file *file, struct connect_found *found)
{
	struct socket *socket = bpf_sock_from_file(file);

	return socket && read_typed(socket, found);
}

static __always_inline struct file **files_here(__u32 fd)
{
	struct task_struct *task;
	struct fdtable *table;

	if (has_task_btf()) {
		table = bpf_get_current_task_btf()->files->fdt;
		return fd < table->max_fds ? table->fd + fd : NULL;
	}
	task = (void *)bpf_get_current_task();
	table = BPF_CORE_READ(task, files, fdt);
	return fd < BPF_CORE_READ(table, max_fds) ? BPF_CORE_READ(table, fd) + fd : NULL;
}

static __always_inline struct file *file_of(__u32 fd)
{
	struct file **at = files_here(fd), *file = NULL;

	if (at)
		bpf_probe_read_kernel(&file, sizeof(file), at);
	return file;
}

/* What a record has beside that: its own end, its namespace, its number. */
static __always_inline void rest_by_type(struct sock *sk, struct kidos_connect_attempt *attempt,
					 struct connect_ends *ends)
{
	ends_of(sk, ends);
	attempt->netns = netns_of(sk);
	attempt->socket = (__u64)sk->__sk_common.skc_cookie.counter;
}

#define SOCK_SPAN 128 /* struct sock_common from its begin to skc_cookie: 104 bytes */

static __always_inline void rest_by_address(struct sock *sk, struct kidos_connect_attempt *attempt,
					    struct connect_ends *ends)
{
	const __u32 end = OFFSET(sock_common, skc_cookie) + sizeof(atomic64_t);
	char block[SOCK_SPAN] __attribute__((aligned(8)));
	struct in6_addr ipv6;
	struct net *net;

	if (end > SOCK_SPAN || bpf_probe_read_kernel(block, end, sk))
		return;
	ends->sport = FROM(block, 0, sock_common, skc_num);
	if (FROM(block, 0, sock_common, skc_family) == AF_INET6 &&
	    bpf_core_field_exists(struct sock_common, skc_v6_rcv_saddr)) {
		ipv6 = FROM(block, 0, sock_common, skc_v6_rcv_saddr);
		__builtin_memcpy(&ends->src, &ipv6, sizeof(ipv6));
	} else {
		set_ipv4(&ends->src, FROM(block, 0, sock_common, skc_rcv_saddr));
	}
	net = FROM(block, 0, sock_common, skc_net.net);
	attempt->netns = BPF_CORE_READ(net, ns.inum);
	attempt->socket = (__u64)FROM(block, 0, sock_common, skc_cookie.counter);
}

static __noinline int read_rest(struct kidos_connect_attempt *attempt, struct connect_ends *ends)
{
	struct sock *sk;

	if (!attempt || !ends || !connect_config.readable)
		return 0;
	sk = (struct sock *)attempt->sk;
	if (bpf_rdonly_cast)
		rest_by_type(CAST(sock, sk), attempt, ends);
	else
		rest_by_address(sk, attempt, ends);
	if (!attempt->socket)
		attempt->socket = attempt->sk;
	return 0;
}

#endif
