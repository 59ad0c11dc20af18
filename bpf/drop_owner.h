/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* drop_owner.h: whose packet it was, best answer first; enum kidos_owner says which it is. */
#ifndef KIDOS_DROP_OWNER_H
#define KIDOS_DROP_OWNER_H

#include "drop_maps.h"

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
	__u32 uid;
	__u16 port;
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

static __always_inline void read_socket(struct sock *sk, struct drop_socket *socket)
{
	__u8 state = GET(sk, __sk_common.skc_state);
	struct net *net = GET(sk, __sk_common.skc_net.net);

	socket->cookie = (__u64)GET(sk, __sk_common.skc_cookie.counter);
	socket->port = GET(sk, __sk_common.skc_num);
	if (net)
		socket->net_cookie = netns_cookie(net);
	if (state == TCP_STATE_TIME_WAIT || state == TCP_STATE_NEW_SYN_RECV)
		return;
	socket->full = 1;
	socket->uid = GET(sk, sk_uid.val);
	socket->cgroup = cgroup_of(sk);
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
	key.port = socket->port;
	key.cookie = socket->net_cookie;
	return key.port && key.cookie ? bpf_map_lookup_elem(&drop_owners, &key) : NULL;
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
	record->tgid = (__u32)(bpf_get_current_pid_tgid() >> 32);
	bpf_get_current_comm(record->comm, KIDOS_COMM);
}

#endif
