/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * connect_call.h: a connect() from its entry to its return. What no SYN took
 * over is concluded by the return code.
 */
#ifndef KIDOS_CONNECT_CALL_H
#define KIDOS_CONNECT_CALL_H

#include "connect_calls.h"
#include "connect_conclude.h"
#include "connect_find.h"

/* struct sockaddr_in6, or as much of it as was given; IPv4's address lies where flow is. */
struct connect_address {
	__u16 family;
	__be16 port;
	__be32 ipv4;
	union kidos_address ipv6;
};

static __always_inline void set_destination(struct kidos_connect_attempt *attempt,
					    const struct connect_address *address)
{
	attempt->dport = bpf_ntohs(address->port);
	if (address->family == AF_INET) {
		attempt->family = AF_INET;
		set_ipv4(&attempt->dst, address->ipv4);
	} else if (address->family == AF_INET6) {
		attempt->dst = address->ipv6;
		attempt->family = is_mapped(&attempt->dst) ? AF_INET : AF_INET6;
	}
}

/* The rest is read at the end, of those that no SYN takes over. */
static __always_inline void set_socket(struct kidos_connect_attempt *attempt,
				       const struct connect_found *found)
{
	struct kidos_connect_trial *trial = trial_now();
	struct sock *sk = (struct sock *)found->sk;

	attempt->sk = found->sk;
	attempt->type = (__u8)found->type;
	attempt->protocol = found->protocol;
	attempt->family = (__u8)found->family;
	if (trial && trial->cookie)
		attempt->trial =
			trial->cookie == (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
}

/* A stream socket that is connecting or connected goes on with its former attempt, or fails. */
static __always_inline int is_continued(const struct connect_found *found)
{
	return found->type == SOCK_STREAM && found->state != SS_UNCONNECTED;
}

/* own: the socket's own end, NULL: not known; user: the address lies in the caller's memory. */
static __noinline int end_call(struct kidos_connect_attempt *attempt, __u32 outcome, __u32 error,
			       int user, const struct connect_ends *own)
{
	struct connect_end end = { .outcome = (__u8)outcome };
	struct connect_ends ends = {};

	if (!attempt)
		return 0;
	end.time = bpf_ktime_get_boot_ns();
	end.error = error < KIDOS_CONNECT_ERRNO_UNKNOWN ? error : KIDOS_CONNECT_ERRNO_UNKNOWN;
	if (attempt->family == AF_UNIX)
		return conclude_unix(attempt, &end, user);
	if (own) {
		ends.src = own->src;
		ends.sport = own->sport;
	}
	ends.dst = attempt->dst;
	ends.dport = attempt->dport;
	return conclude(attempt, &end, &ends);
}

/* Its socket is still there. */
static __always_inline void end_here(struct kidos_connect_attempt *attempt, __u32 outcome,
				     __u32 error, int user)
{
	struct connect_ends own = {};

	read_rest(attempt, &own);
	end_call(attempt, outcome, error, user, &own);
}

/* The return of this call was not seen, or, with a restart, is not to come. */
static __always_inline void end_stale(struct kidos_connect_attempt *attempt)
{
	attempt->length = 0; /* what its address points to may be another's */
	if (attempt->stage == KIDOS_CONNECT_RESTART)
		end_call(attempt, KIDOS_CONNECT_FAILED, EINTR, 0, NULL);
	else if (connect_config.returns || attempt->stage != KIDOS_CONNECT_IN_CALL)
		end_call(attempt, KIDOS_CONNECT_LOST, 0, 0, NULL);
	else
		end_call(attempt, KIDOS_CONNECT_FAILED, KIDOS_CONNECT_ERRNO_UNKNOWN, 0, NULL);
}

/* What this thread left behind: 1 when it is the same call that is entered again. */
static __always_inline int resume(__u32 thread, __u64 sk)
{
	struct kidos_connect_attempt *call = call_here(thread), old;

	if (!call)
		return 0;
	if (call->stage == KIDOS_CONNECT_RESTART && call->sk == sk) {
		call->stage = KIDOS_CONNECT_IN_CALL;
		return 1;
	}
	old = *call;
	if (!drop_call(call, thread) && old.stage != KIDOS_CONNECT_TAKEN)
		end_stale(&old);
	return 0;
}

/*
 * A call that a signal ended waits in the hash map, also where others do not:
 * its thread may end. 1: it is entered again, and *attempt goes on with it.
 */
static __always_inline int was_interrupted(struct kidos_connect_attempt *attempt)
{
	struct kidos_connect_attempt *call, old;
	__u32 thread = attempt->tid_initial;

	if (!connect_config.tasks || attempt->family != AF_UNIX)
		return 0;
	call = bpf_map_lookup_elem(&connect_calls, &thread);
	if (!call)
		return 0;
	old = *call;
	if (bpf_map_delete_elem(&connect_calls, &thread))
		return 0;
	if (old.sk == attempt->sk) {
		attempt->start = old.start;
		attempt->stage = KIDOS_CONNECT_IN_CALL;
		return !keep_call(attempt);
	}
	end_stale(&old);
	return 0;
}

/* 0, or that there was no room. */
static __always_inline int interrupt(struct kidos_connect_attempt *call, __u32 thread)
{
	call->stage = KIDOS_CONNECT_RESTART;
	if (!connect_config.tasks)
		return 0;
	if (bpf_map_update_elem(&connect_calls, &thread, call, BPF_ANY))
		return -1;
	call->stage = KIDOS_CONNECT_NO_CALL;
	return 0;
}

static __always_inline int enter(struct kidos_connect_attempt *attempt)
{
	attempt->start = bpf_ktime_get_boot_ns();
	if (attempt->trial)
		note_trial(KIDOS_CONNECT_STEP_ENTRY);
	else
		count_attempt(attempt);
	attempt->stage = KIDOS_CONNECT_IN_CALL;
	if (!keep_call(attempt))
		return 0;
	count_event(KIDOS_CONNECT_EVENT_NO_PENDING);
	end_call(attempt, KIDOS_CONNECT_LOST, 0, 0, NULL);
	return 0;
}

/* address: as far as it could be read; at, length: where it lies. */
static __always_inline int enter_socket(const struct connect_found *found,
					const struct connect_address *address, __u64 at,
					__u32 length)
{
	struct kidos_connect_attempt attempt = { .address = at, .length = length };

	if (length >= sizeof(__u16) && address->family == AF_UNSPEC)
		return 0;
	set_socket(&attempt, found);
	set_destination(&attempt, address);
	who(&attempt);
	if (resume(attempt.tid_initial, attempt.sk) || was_interrupted(&attempt))
		return 0;
	return enter(&attempt);
}

static __always_inline int is_restart(int error)
{
	return error >= ERESTARTSYS && error <= ERESTART_RESTARTBLOCK;
}

/* The socket goes on without its caller. */
static __always_inline int goes_on(int error)
{
	return error == EINPROGRESS || error == EINTR || is_restart(error);
}

/* A SYN took it over: only what the socket's states do not tell is concluded here. */
static __always_inline void leave_taken(__u64 sk, int error)
{
	struct kidos_connect_attempt *pending, attempt;

	if (!sk || goes_on(error))
		return;
	pending = bpf_map_lookup_elem(&connect_pending, &sk);
	if (!pending)
		return;
	attempt = *pending;
	if (bpf_map_delete_elem(&connect_pending, &sk))
		return;
	if (error)
		end_here(&attempt, KIDOS_CONNECT_FAILED, (__u32)error, 0);
	else
		end_here(&attempt, KIDOS_CONNECT_SUCCEEDED, 0, 0);
}

/* TCP Fast Open: the SYN goes out with the first data. */
static __always_inline void defer(struct kidos_connect_attempt *attempt)
{
	attempt->stage = KIDOS_CONNECT_DEFERRED;
	if (!bpf_map_update_elem(&connect_pending, &attempt->sk, attempt, BPF_NOEXIST))
		return;
	count_event(KIDOS_CONNECT_EVENT_NO_PENDING);
	end_here(attempt, KIDOS_CONNECT_LOST, 0, 0);
}

static __always_inline void leave_call(struct kidos_connect_attempt *attempt, int error, int user)
{
	__u32 protocol = kidos_connect_protocol_of(attempt->protocol, attempt->family);

	if (protocol == KIDOS_CONNECT_TCP && !error)
		defer(attempt);
	else if (protocol == KIDOS_CONNECT_TCP && goes_on(error))
		end_here(attempt, KIDOS_CONNECT_LOST, 0, user); /* its SYN was not seen */
	else if (error)
		end_here(attempt, KIDOS_CONNECT_FAILED, (__u32)error, user);
	else
		end_here(attempt, KIDOS_CONNECT_SUCCEEDED, 0, user);
}

/* result: 0 or -errno; user: the caller's address lies in its own memory. */
static __always_inline int leave(__u32 thread, int result, int user)
{
	struct kidos_connect_attempt *call = call_here(thread), attempt;

	if (!call || call->stage == KIDOS_CONNECT_RESTART)
		return 0;
	if (call->stage == KIDOS_CONNECT_IN_CALL && is_restart(-result) && !interrupt(call, thread))
		return 0;
	attempt = *call;
	if (drop_call(call, thread))
		return 0;
	if (attempt.trial)
		note_trial(KIDOS_CONNECT_STEP_RETURN);
	if (attempt.stage == KIDOS_CONNECT_TAKEN)
		leave_taken(attempt.sk, -result);
	else
		leave_call(&attempt, -result, user);
	return 0;
}

#endif
