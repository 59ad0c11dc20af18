/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_tcp.h: what becomes of TCP: a SYN takes an attempt over, a state
 * concludes it, an end has the bytes. `current` is the owner in the first case
 * alone, and of a listener: storage keeps it with the socket.
 */
#ifndef KIDOS_CONNECT_TCP_H
#define KIDOS_CONNECT_TCP_H

#include "connect_calls.h"
#include "connect_conclude.h"
#include "connect_socket.h"

/* A rung that sees no return codes knows sockets by cookie, others by address. */
static __always_inline __u64 key_of(struct sock *sk, __u64 cookie)
{
	return connect_config.returns ? (__u64)sk : cookie;
}

/* MPTCP connects by a socket of its own inside the call. */
static __always_inline int is_of_call(const struct kidos_connect_attempt *call, __u64 key)
{
	return call->stage == KIDOS_CONNECT_IN_CALL &&
	       (call->sk == key || call->protocol == IPPROTO_MPTCP);
}

static __always_inline void set_taken(struct kidos_connect_attempt *attempt, struct sock *sk,
				      __u64 key, __u64 cookie)
{
	struct connect_ends ends = {};

	attempt->family = ends_of(sk, &ends);
	attempt->sk = key;
	attempt->socket = cookie;
	attempt->dst = ends.dst;
	attempt->dport = ends.dport;
	attempt->type = SOCK_STREAM;
	attempt->netns = netns_of(sk);
	attempt->stage = KIDOS_CONNECT_TAKEN;
}

/* 1: what is pending is the attempt that this SYN belongs to. */
static __always_inline int take_pending(struct sock *sk, __u64 key, __u64 cookie)
{
	struct kidos_connect_attempt *pending = bpf_map_lookup_elem(&connect_pending, &key), old;
	struct connect_end end = { .outcome = KIDOS_CONNECT_LOST };
	struct connect_ends ends = {};

	if (!pending)
		return 0;
	if (pending->stage != KIDOS_CONNECT_TAKEN) {
		set_taken(pending, sk, key, cookie);
		return 1;
	}
	/* Its end was not seen, and the address is another socket's now. */
	old = *pending;
	end.time = bpf_ktime_get_boot_ns();
	if (!bpf_map_delete_elem(&connect_pending, &key))
		conclude(&old, &end, &ends);
	return 0;
}

static __always_inline void begin_own(struct kidos_connect_attempt *attempt, __u64 cookie)
{
	attempt->start = bpf_ktime_get_boot_ns();
	attempt->protocol = IPPROTO_TCP;
	attempt->trial = is_trial(cookie);
	who(attempt);
	if (!attempt->trial)
		count_attempt(attempt);
}

static __always_inline int pend(struct kidos_connect_attempt *attempt)
{
	struct connect_end end = { .outcome = KIDOS_CONNECT_LOST };
	struct connect_ends ends = {};

	if (!bpf_map_update_elem(&connect_pending, &attempt->sk, attempt, BPF_ANY))
		return 0;
	count_event(KIDOS_CONNECT_EVENT_NO_PENDING);
	end.time = bpf_ktime_get_boot_ns();
	ends.dst = attempt->dst;
	ends.dport = attempt->dport;
	return conclude(attempt, &end, &ends);
}

/* A SYN is about to be sent; of another call of this thread, or of none, it is one of its own. */
static __always_inline int tcp_syn(struct sock *sk, __u64 cookie)
{
	struct kidos_connect_attempt attempt = {}, *call = NULL;
	__u64 key = key_of(sk, cookie);

	if (connect_config.returns)
		call = call_here(thread_here());
	if (call && is_of_call(call, key)) {
		attempt = *call;
		call->sk = key;
		call->stage = KIDOS_CONNECT_TAKEN;
	} else {
		if (take_pending(sk, key, cookie))
			return 0;
		begin_own(&attempt, cookie);
	}
	set_taken(&attempt, sk, key, cookie);
	return pend(&attempt);
}

/* CLOSE without an error inside its own call: the return code says why. */
static __always_inline int is_left_to_call(const struct kidos_connect_attempt *attempt)
{
	__u32 thread = thread_here();
	struct kidos_connect_attempt *call;

	if (!connect_config.returns || thread != attempt->tid_initial)
		return 0;
	call = call_here(thread);
	return call && call->stage == KIDOS_CONNECT_TAKEN && call->sk == attempt->sk;
}

static __always_inline void set_end(struct connect_end *end, struct sock *sk, int state)
{
	int error = 0;

	end->time = bpf_ktime_get_boot_ns();
	end->outcome = KIDOS_CONNECT_SUCCEEDED;
	if (state == TCP_ESTABLISHED)
		return;
	/* An ICMP error that found the socket locked is only noted. */
	error = sk->sk_err ? sk->sk_err : sk->sk_err_soft;
	end->outcome = error ? KIDOS_CONNECT_FAILED : KIDOS_CONNECT_ABANDONED;
	end->error = (__u32)error < KIDOS_CONNECT_ERRNO_UNKNOWN ? (__u16)error
								: KIDOS_CONNECT_ERRNO_UNKNOWN;
}

static __always_inline void keep(struct kidos_connect_kept *kept,
				 const struct kidos_connect_attempt *attempt, __u64 since,
				 const struct connect_bytes *bytes)
{
	kept->owner = attempt->owner;
	kept->since = since;
	kept->rx = kept->moved_rx = bytes->rx;
	kept->tx = kept->moved_tx = bytes->tx;
	kept->retransmits = kept->moved_retransmits = bytes->retransmits;
	kept->tgid = attempt->tgid;
	kept->tgid_initial = attempt->tgid_initial;
	kept->uid = attempt->uid;
	kept->passive = 0;
	kept->closed = 0;
	kept->older = 0;
}

/* 1: it was pending, and has established a connection: the caller keeps *attempt with the socket.
 */
static __always_inline int tcp_outcome(struct sock *sk, __u64 key, int state,
				       struct kidos_connect_attempt *attempt,
				       struct connect_end *end)
{
	struct kidos_connect_attempt *pending;
	struct connect_ends ends = {};

	pending = bpf_map_lookup_elem(&connect_pending, &key);
	if (!pending)
		return 0;
	*attempt = *pending;
	set_end(end, sk, state);
	if (end->outcome == KIDOS_CONNECT_ABANDONED && is_left_to_call(attempt))
		return 0;
	if (bpf_map_delete_elem(&connect_pending, &key))
		return 0;
	ends_of(sk, &ends);
	conclude(attempt, end, &ends);
	return end->outcome == KIDOS_CONNECT_SUCCEEDED && !attempt->trial;
}

static __always_inline void record_kept(struct kidos_connect_record *record, struct sock *sk,
					const struct kidos_connect_kept *kept, __u64 now,
					__u64 cookie)
{
	struct connect_ends ends = {};

	record->family = ends_of(sk, &ends);
	record_ends(record, &ends);
	record->time = now;
	record->latency = kept->since ? now - kept->since : 0;
	record->socket = cookie;
	record->count = 1;
	record->owner = kept->owner;
	record->tgid = record->tid = kept->tgid;
	record->tgid_initial = kept->tgid_initial;
	record->uid = kept->uid;
	record->netns = netns_of(sk);
	record->protocol = sk->sk_protocol;
	record->type = SOCK_STREAM;
	record->outcome = KIDOS_CONNECT_SUCCEEDED;
	record->error = 0;
	record->retransmits = 0;
}

/* Established at a listener, whose storage this one began with a copy of. */
static __always_inline int tcp_accepted(struct sock *sk, struct kidos_connect_kept *kept,
					__u64 cookie)
{
	struct connect_position *position = position_here();
	struct kidos_connect_counts *counts;
	struct kidos_connect_record *record;

	kept->since = bpf_ktime_get_boot_ns();
	kept->rx = kept->tx = kept->moved_rx = kept->moved_tx = 0;
	kept->retransmits = kept->moved_retransmits = 0;
	kept->passive = 1;
	kept->closed = 0;
	kept->older = 0;
	counts = counts_of(&kept->owner);
	if (counts)
		add_to(counts->accepts, 1);
	record = position ? record_begin(position) : NULL;
	if (!record)
		return 0;
	record->kind = KIDOS_CONNECT_ACCEPT;
	record_kept(record, sk, kept, kept->since, cookie);
	record_end(position, record);
	return 0;
}

static __always_inline void record_closed(struct kidos_connect_record *record, struct tcp_sock *tcp,
					  struct kidos_connect_kept *kept,
					  const struct connect_bytes *bytes, __u64 cookie)
{
	record->kind = KIDOS_CONNECT_CLOSE;
	record_kept(record, (struct sock *)tcp, kept, bpf_ktime_get_boot_ns(), cookie);
	record->retransmits = bytes->retransmits - kept->retransmits;
	record->rx = bytes->rx - kept->rx;
	record->tx = bytes->tx - kept->tx;
	record->srtt_us = tcp->srtt_us >> 3;
}

static __always_inline int tcp_closed(struct tcp_sock *tcp, struct kidos_connect_kept *kept,
				      __u64 cookie)
{
	struct connect_position *position = position_here();
	struct kidos_connect_counts *counts;
	struct kidos_connect_record *record;
	struct connect_bytes bytes = {};

	if (kept->closed)
		return 0;
	kept->closed = 1;
	bytes_of(tcp, &bytes);
	counts = counts_of(&kept->owner);
	if (counts) {
		add_to(counts->rx, bytes.rx - kept->moved_rx);
		add_to(counts->tx, bytes.tx - kept->moved_tx);
		add_to(counts->retransmits, bytes.retransmits - kept->moved_retransmits);
	}
	record = position ? record_begin(position) : NULL;
	if (!record)
		return 0;
	record_closed(record, tcp, kept, &bytes, cookie);
	record_end(position, record);
	return 0;
}

#endif
