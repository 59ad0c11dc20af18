/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* drop_owner.h: whose packet it was, best answer first; enum kidos_owner says which it is. */
#ifndef KIDOS_DROP_OWNER_H
#define KIDOS_DROP_OWNER_H

#include "drop_maps.h"

/* include/net/tcp_states.h: of these only struct sock_common is there. */
#define TCP_STATE_TIME_WAIT 6
#define TCP_STATE_NEW_SYN_RECV 12

static __always_inline int is_full_socket(struct sock *sk)
{
	__u8 state = GET(sk, __sk_common.skc_state);

	return state != TCP_STATE_TIME_WAIT && state != TCP_STATE_NEW_SYN_RECV;
}

static __always_inline __u64 netns_cookie(struct net *net)
{
	struct net___atomic *old = (void *)net;

	if (bpf_core_field_exists(old->net_cookie.counter))
		return GET(old, net_cookie.counter);
	return bpf_core_field_exists(net->net_cookie) ? GET(net, net_cookie) : 0;
}

static __always_inline const struct kidos_owner_process *find_process(struct sock *sk)
{
	struct kidos_owner_key key = { .cookie = (__u64)GET(sk, __sk_common.skc_cookie.counter) };
	const struct kidos_owner_process *process = NULL;
	struct net *net;

	if (key.cookie)
		process = bpf_map_lookup_elem(&drop_owners, &key);
	if (process)
		return process;
	net = GET(sk, __sk_common.skc_net.net);
	key.port = GET(sk, __sk_common.skc_num);
	key.cookie = net ? netns_cookie(net) : 0;
	return key.port && key.cookie ? bpf_map_lookup_elem(&drop_owners, &key) : NULL;
}

static __always_inline void take_user(struct sock *sk, struct kidos_drop_record *record)
{
	struct cgroup *cgroup;
	struct kernfs_node *node;

	record->uid = GET(sk, sk_uid.val);
	if (!bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		return;
	cgroup = GET(sk, sk_cgrp_data.cgroup);
	if (!cgroup)
		return;
	node = GET(cgroup, kn);
	if (node)
		record->cgroup = GET(node, id);
}

static __always_inline void take_socket(struct sock *sk, struct kidos_drop_record *record)
{
	const struct kidos_owner_process *process = find_process(sk);

	if (is_full_socket(sk)) {
		take_user(sk, record);
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
