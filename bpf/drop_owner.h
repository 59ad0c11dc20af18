/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* drop_owner.h: whose packet it was, best answer first; enum kidos_owner says which it is. */
#ifndef KIDOS_DROP_OWNER_H
#define KIDOS_DROP_OWNER_H

#include "address.h"
#include "drop_maps.h"
#include "pid.h"

#define AF_INET 2
#define IPPROTO_TCP 6

/* include/net/tcp_states.h: of these only struct sock_common is there. */
#define TCP_STATE_TIME_WAIT 6
#define TCP_STATE_NEW_SYN_RECV 12

/*
 * What is worth knowing of a socket, read at once: pointers of several kinds
 * kept longer would have a verifier follow each to the end.
 */
struct drop_socket {
	__u64 cookie;
	__u64 net_cookie;
	__u64 cgroup;
	union kidos_address address; /* local */
	__u32 uid;
	__u16 port;
	__u8 protocol;
	__u8 full; /* uid and cgroup are there */
};

static __always_inline __u64 netns_cookie(struct net *net)
{
	struct net___atomic *old = (void *)net;

	if (bpf_core_field_exists(old->net_cookie.counter))
		return GET(old, net_cookie.counter);
	return bpf_core_field_exists(net->net_cookie) ? GET(net, net_cookie) : 0;
}

static __always_inline __u64 cgroup_of(struct sock *sk)
{
	struct cgroup *cgroup;
	struct kernfs_node *node;

	if (!bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		return 0;
	cgroup = GET(sk, sk_cgrp_data.cgroup);
	node = cgroup ? GET(cgroup, kn) : NULL;
	return node ? GET(node, id) : 0;
}

static __always_inline __u32 netns_of(struct sock *sk)
{
	struct net *net = GET(sk, __sk_common.skc_net.net);

	return net ? GET(net, ns.inum) : 0;
}

#define GET_IPV6(sk, word) GET(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[word])

static __always_inline void read_address(struct sock *sk, struct drop_socket *socket)
{
	if (GET(sk, __sk_common.skc_family) == AF_INET) {
		set_ipv4(&socket->address, GET(sk, __sk_common.skc_rcv_saddr));
	} else if (bpf_core_field_exists(sk->__sk_common.skc_v6_rcv_saddr)) {
		socket->address.words[0] = GET_IPV6(sk, 0);
		socket->address.words[1] = GET_IPV6(sk, 1);
		socket->address.words[2] = GET_IPV6(sk, 2);
		socket->address.words[3] = GET_IPV6(sk, 3);
	}
}

static __always_inline void read_socket(struct sock *sk, struct drop_socket *socket)
{
	__u8 state = GET(sk, __sk_common.skc_state);
	struct net *net = GET(sk, __sk_common.skc_net.net);

	socket->cookie = (__u64)GET(sk, __sk_common.skc_cookie.counter);
	socket->port = GET(sk, __sk_common.skc_num);
	if (net)
		socket->net_cookie = netns_cookie(net);
	read_address(sk, socket);
	socket->protocol = IPPROTO_TCP;
	if (state == TCP_STATE_TIME_WAIT || state == TCP_STATE_NEW_SYN_RECV)
		return;
	socket->full = 1;
	socket->protocol = (__u8)GET(sk, sk_protocol);
	socket->uid = GET(sk, sk_uid.val);
	socket->cgroup = cgroup_of(sk);
}

/* A socket that listens may be bound to any address, one of IPv6 to those of IPv4 too. */
static __always_inline const struct kidos_owner_process *find_bound(
	const struct drop_socket *socket)
{
	struct kidos_owner_key key = {
		.cookie = socket->net_cookie,
		.address = socket->address,
		.port = socket->port,
		.protocol = socket->protocol,
	};
	const struct kidos_owner_process *process = bpf_map_lookup_elem(&drop_owners, &key);

	if (process)
		return process;
	if (is_mapped(&key.address)) {
		key.address.words[3] = 0;
		process = bpf_map_lookup_elem(&drop_owners, &key);
		if (process)
			return process;
	}
	key.address.halves[0] = key.address.halves[1] = 0;
	return bpf_map_lookup_elem(&drop_owners, &key);
}

static __always_inline const struct kidos_owner_process *find_process(
	const struct drop_socket *socket)
{
	struct kidos_owner_key key = { .cookie = socket->cookie };
	const struct kidos_owner_process *process = NULL;

	if (key.cookie)
		process = bpf_map_lookup_elem(&drop_owners, &key);
	if (process)
		return process;
	return socket->port && socket->net_cookie ? find_bound(socket) : NULL;
}

static __always_inline void take_owner(const struct drop_socket *socket,
				       struct kidos_drop_record *record)
{
	const struct kidos_owner_process *process = find_process(socket);

	if (socket->full) {
		record->uid = socket->uid;
		record->cgroup = socket->cgroup;
		record->owner = KIDOS_OWNER_USER;
	}
	if (!process)
		return;
	record->owner = KIDOS_OWNER_SOCKET;
	record->tgid = process->tgid;
	__builtin_memcpy(record->comm, process->comm, KIDOS_COMM);
}

static __always_inline void take_bystander(struct kidos_drop_record *record)
{
	record->owner = KIDOS_OWNER_BYSTANDER;
	record->tgid = current_process(&drop_config);
	bpf_get_current_comm(record->comm, KIDOS_COMM);
}

#endif
