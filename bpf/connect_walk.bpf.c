/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_walk.bpf.c: programs that the plugin runs: over all open TCP sockets
 * of the host, whatever their namespace, and over attempts that nothing else
 * will conclude.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

#include "connect_call.h"
#include "connect_send.h"
#include "connect_tcp.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct sock *sk;
	void *value;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct file *file;
};
#pragma clang attribute pop

/* What a walk adds up, from which the plugin makes connect_live. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_CONNECT_OWNERS);
	__type(key, struct kidos_connect_owner);
	__type(value, struct kidos_connect_live);
} connect_adding SEC(".maps");

static __always_inline struct kidos_connect_live *live_of(const struct kidos_connect_owner *owner)
{
	struct kidos_connect_owner none = {};
	struct kidos_connect_live *live = bpf_map_lookup_elem(&connect_adding, owner), zero = {};

	if (live)
		return live;
	if (bpf_map_update_elem(&connect_adding, owner, &zero, BPF_NOEXIST)) {
		owner = &none;
		bpf_map_update_elem(&connect_adding, owner, &zero, BPF_NOEXIST);
	}
	return bpf_map_lookup_elem(&connect_adding, owner);
}

/*
 * The end of a socket that is older than the daemon is not seen everywhere:
 * what it did since the last walk is counted as if it were closed.
 */
static __always_inline void move(struct kidos_connect_kept *kept, const struct connect_bytes *bytes)
{
	struct kidos_connect_owner owner = kept->owner;
	struct kidos_connect_counts *counts = counts_of(&owner);

	if (!counts)
		return;
	add_to(counts->rx, bytes->rx - kept->moved_rx);
	add_to(counts->tx, bytes->tx - kept->moved_tx);
	add_to(counts->retransmits, bytes->retransmits - kept->moved_retransmits);
	kept->moved_rx = bytes->rx;
	kept->moved_tx = bytes->tx;
	kept->moved_retransmits = bytes->retransmits;
}

static __always_inline void add_up(struct tcp_sock *tcp, struct kidos_connect_kept *kept)
{
	struct kidos_connect_owner owner = kept->owner;
	struct kidos_connect_live *live = live_of(&owner);
	struct connect_bytes bytes = {};

	if (!live)
		return;
	bytes_of(tcp, &bytes);
	live->sockets++;
	if (kept->older)
		move(kept, &bytes);
	live->rx += bytes.rx - kept->moved_rx;
	live->tx += bytes.tx - kept->moved_tx;
	live->retransmits += bytes.retransmits - kept->moved_retransmits;
}

static __always_inline int add(struct tcp_sock *tcp, struct kidos_connect_kept *kept)
{
	__u8 state = ((struct sock *)tcp)->__sk_common.skc_state;

	if (!kept->closed && state != TCP_LISTEN && state != TCP_CLOSE)
		add_up(tcp, kept);
	return 0;
}

static __always_inline void describe_traffic(struct kidos_connect_socket *to, struct tcp_sock *tcp,
					     const struct kidos_connect_kept *kept)
{
	struct connect_bytes bytes = {};

	bytes_of(tcp, &bytes);
	to->rx = bytes.rx - kept->rx;
	to->tx = bytes.tx - kept->tx;
	to->retransmits = bytes.retransmits - kept->retransmits;
	to->srtt_us = tcp->srtt_us >> 3;
	to->zero_windows = !tcp->snd_wnd;
}

static __always_inline void describe_listener(struct kidos_connect_socket *to, struct sock *sk)
{
	to->queue = sk->sk_ack_backlog;
	to->queue_max = sk->sk_max_ack_backlog;
	to->overflows = (__u32)sk->sk_drops.counter;
}

static __always_inline void describe(struct kidos_connect_socket *to, struct sock *sk,
				     const struct kidos_connect_kept *kept)
{
	struct connect_ends ends = {};

	to->owner = kept->owner;
	to->since = kept->since;
	to->tgid = kept->tgid;
	to->tgid_initial = kept->tgid_initial;
	to->uid = kept->uid;
	to->passive = kept->passive;
	to->state = sk->__sk_common.skc_state;
	to->family = ends_of(sk, &ends);
	to->netns = netns_of(sk);
	to->src = ends.src;
	to->dst = ends.dst;
	to->sport = ends.sport;
	to->dport = ends.dport;
	to->socket = (__u64)sk->__sk_common.skc_cookie.counter;
}

/* 0 when it was written; else it comes again. */
static __always_inline int list(struct seq_file *seq, struct tcp_sock *tcp,
				const struct kidos_connect_kept *kept)
{
	struct kidos_connect_socket socket = {};
	struct sock *sk = (void *)tcp;

	if (kept->closed || sk->__sk_common.skc_state == TCP_CLOSE)
		return 0;
	describe(&socket, sk, kept);
	if (socket.state == TCP_LISTEN)
		describe_listener(&socket, sk);
	else
		describe_traffic(&socket, tcp, kept);
	return (int)bpf_seq_write(seq, &socket, sizeof(socket));
}

/* --- over the storage itself: all sockets that have one, once --- */

SEC("iter/bpf_sk_storage_map")
int connect_add(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct kidos_connect_kept *kept = ctx->value;
	struct sock *sk = ctx->sk;
	struct tcp_sock *tcp = sk ? bpf_skc_to_tcp_sock(sk) : NULL;

	return tcp && kept ? add(tcp, kept) : 0;
}

SEC("iter/bpf_sk_storage_map")
int connect_list(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct kidos_connect_kept *kept = ctx->value;
	struct sock *sk = ctx->sk;
	struct tcp_sock *tcp = sk ? bpf_skc_to_tcp_sock(sk) : NULL;

	if (tcp && kept)
		list(ctx->meta->seq, tcp, kept);
	return 0;
}

SEC("iter/bpf_sk_storage_map")
int connect_give(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct kidos_connect_sender *sender = ctx->value;

	if (sender)
		give_out_all(sender);
	return 0;
}

/*
 * --- over all files, where a kernel refuses that. Those that are in no table
 * of files, as while they wait for accept(), are missing then ---
 */

static __always_inline struct sock *sock_of(struct file *file)
{
	struct socket *socket = file ? bpf_sock_from_file(file) : NULL;

	return socket ? socket->sk : NULL;
}

static __always_inline struct tcp_sock *tcp_of(struct file *file)
{
	struct sock *sk = sock_of(file);

	return sk ? bpf_skc_to_tcp_sock(sk) : NULL;
}

SEC("iter/task_file")
int connect_add_file(struct bpf_iter__task_file *ctx)
{
	struct tcp_sock *tcp = tcp_of(ctx->file);
	__u64 session = ctx->meta->session_id;
	struct kidos_connect_kept *kept;

	kept = tcp ? bpf_sk_storage_get(&connect_sockets, tcp, 0, 0) : NULL;
	if (!kept || kept->added == session)
		return 0;
	kept->added = session;
	return add(tcp, kept);
}

SEC("iter/task_file")
int connect_give_file(struct bpf_iter__task_file *ctx)
{
	struct sock *sk = sock_of(ctx->file);
	struct kidos_connect_sender *sender;

	sender = sk ? bpf_sk_storage_get(&connect_senders, sk, 0, 0) : NULL;
	if (sender)
		give_out_all(sender);
	return 0;
}

SEC("iter/task_file")
int connect_list_file(struct bpf_iter__task_file *ctx)
{
	struct tcp_sock *tcp = tcp_of(ctx->file);
	__u64 session = ctx->meta->session_id;
	struct kidos_connect_kept *kept;

	kept = tcp ? bpf_sk_storage_get(&connect_sockets, tcp, 0, 0) : NULL;
	if (kept && kept->listed != session && !list(ctx->meta->seq, tcp, kept))
		kept->listed = session;
	return 0;
}

/* --- sockets that are older than the daemon (kernel 5.11) --- */

static __always_inline void adopt(struct tcp_sock *tcp, struct kidos_connect_kept *kept,
				  struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct connect_bytes bytes = {};

	bytes_of(tcp, &bytes);
	kept->rx = kept->moved_rx = bytes.rx;
	kept->tx = kept->moved_tx = bytes.tx;
	kept->retransmits = kept->moved_retransmits = bytes.retransmits;
	kept->older = 1;
	kept->uid = task->cred->uid.val;
	kept->owner.cgroup = task->cgroups->dfl_cgrp->kn->id;
	kept->tgid = kept->tgid_initial = (__u32)task->tgid;
	if (connect_config.pid_namespace)
		kept->tgid = 0;
	if (connect_config.pid_namespace && connect_config.readable)
		kept->tgid = pid_in(leader->thread_pid, connect_config.pid_namespace);
	((__u64 *)kept->owner.comm)[0] = *(__u64 *)&leader->comm[0];
	((__u64 *)kept->owner.comm)[1] = *(__u64 *)&leader->comm[8];
	cut_comm((__u64 *)kept->owner.comm);
}

SEC("iter/task_file")
int connect_adopt(struct bpf_iter__task_file *ctx)
{
	struct tcp_sock *tcp = tcp_of(ctx->file);
	struct task_struct *task = ctx->task;
	struct kidos_connect_kept *kept;

	if (!task || !tcp || ((struct sock *)tcp)->__sk_common.skc_state == TCP_CLOSE ||
	    bpf_sk_storage_get(&connect_sockets, tcp, 0, 0))
		return 0;
	kept = bpf_sk_storage_get(&connect_sockets, tcp, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (kept)
		adopt(tcp, kept, task);
	return 0;
}

/* --- attempts that nothing else will conclude; run by hand --- */

/* (thread, time): the call that it was in before that */
SEC("raw_tp")
int connect_expire_call(__u64 *ctx)
{
	struct kidos_connect_attempt *call, attempt;
	__u32 thread = (__u32)ctx[0];
	__u64 before = ctx[1];

	call = bpf_map_lookup_elem(&connect_calls, &thread);
	if (!call || call->start >= before)
		return 0;
	attempt = *call;
	if (!bpf_map_delete_elem(&connect_calls, &thread) && attempt.stage != KIDOS_CONNECT_TAKEN)
		end_stale(&attempt);
	return 0;
}

/* Where calls lie in threads' storage: how many there are, of each protocol. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_CONNECT_PROTOCOLS);
	__type(key, __u32);
	__type(value, __u64);
} connect_calling SEC(".maps");

SEC("iter/task")
int connect_count_calls(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct kidos_connect_attempt *call;
	__u64 *count;
	__u32 protocol;

	call = task ? bpf_task_storage_get(&connect_tasks, task, 0, 0) : NULL;
	if (!call || call->trial ||
	    (call->stage != KIDOS_CONNECT_IN_CALL && call->stage != KIDOS_CONNECT_RESTART))
		return 0;
	protocol = kidos_connect_protocol_of(call->protocol, call->family);
	count = bpf_map_lookup_elem(&connect_calling, &protocol);
	if (count)
		*count += 1;
	return 0;
}

/* (socket's address, time) */
SEC("raw_tp")
int connect_expire_pending(__u64 *ctx)
{
	struct kidos_connect_attempt *pending, attempt;
	__u64 sk = ctx[0], before = ctx[1];

	pending = bpf_map_lookup_elem(&connect_pending, &sk);
	if (!pending || pending->start >= before)
		return 0;
	attempt = *pending;
	if (!bpf_map_delete_elem(&connect_pending, &sk))
		end_stale(&attempt);
	return 0;
}
