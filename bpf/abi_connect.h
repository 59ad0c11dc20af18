/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * abi_connect.h: the part of the ABI that the connect programs write. Rules
 * and version are those of abi.h.
 *
 * The ledger, per owner and protocol: attempts = succeeded + failed by errno +
 * abandoned + lost + pending. An attempt's outcome is counted once, by whoever
 * removes it from `connect_pending` or `connect_calls`. Read outcomes before
 * attempts: what begins in between is pending.
 */
#ifndef KIDOS_ABI_CONNECT_H
#define KIDOS_ABI_CONNECT_H

#include "abi_drop.h"

/* From the socket, never from the port. MPTCP is one TCP connection. */
enum kidos_connect_protocol {
	KIDOS_CONNECT_TCP,
	KIDOS_CONNECT_UDP,
	KIDOS_CONNECT_UNIX,
	KIDOS_CONNECT_OTHER,
	KIDOS_CONNECT_PROTOCOLS
};

/* Of IPPROTO_* and AF_*, whose names the two halves have from different headers. */
static inline __attribute__((always_inline)) __u32 kidos_connect_protocol_of(__u16 protocol,
									     __u8 family)
{
	if (family == 1) /* AF_UNIX */
		return KIDOS_CONNECT_UNIX;
	if (protocol == 6 || protocol == 262) /* TCP, MPTCP */
		return KIDOS_CONNECT_TCP;
	return protocol == 17 ? KIDOS_CONNECT_UDP : KIDOS_CONNECT_OTHER;
}

/*
 * Who: the command of the thread group's leader, and the cgroup v2 that it is
 * in. All zeros: those for whom `connect_owners` had no room, or whose owner
 * is not known.
 */
struct kidos_connect_owner {
	char comm[KIDOS_COMM]; /* raw bytes of any process, 0 behind the end */
	__u64 cgroup; /* id */
};
_Static_assert(sizeof(struct kidos_connect_owner) == 24, "connect owner");

/*
 * Owners that the plugin makes, of those that are gone: their counts together,
 * under a comm of zeros. No program writes them. The second: of commands that
 * are in no value.
 */
#define KIDOS_CONNECT_CGROUP_GONE 0xffffffffffffffffull
#define KIDOS_CONNECT_CGROUP_IGNORED 0xfffffffffffffffeull

/* Latency of what succeeded: bucket i has 2^i to 2^(i+1) - 1 ns, the last one all above. */
#define KIDOS_CONNECT_BUCKETS 40

/*
 * Value of `connect_owners`, HASH by struct kidos_connect_owner. The key of all zeros is there
 * from the start. Bytes and retransmits are those of sockets that are closed;
 * `connect_live` has the others.
 */
struct kidos_connect_counts {
	__u64 attempts[KIDOS_CONNECT_PROTOCOLS];
	__u64 succeeded[KIDOS_CONNECT_PROTOCOLS];
	__u64 abandoned[KIDOS_CONNECT_PROTOCOLS]; /* closed before there was an outcome */
	__u64 lost[KIDOS_CONNECT_PROTOCOLS]; /* outcome not seen: a map was full, a return missed */
	__u64 accepts; /* TCP connections established at a listener */
	__u64 datagrams; /* sent without connect() */
	__u64 rx; /* payload bytes of closed TCP sockets */
	__u64 tx;
	__u64 retransmits; /* segments */
	__u64 latency[KIDOS_CONNECT_BUCKETS]; /* TCP */
};

/*
 * Key of `connect_failures`, HASH of u64. What finds it full is added to
 * `connect_failures_other`, an array of u64 by protocol * KIDOS_CONNECT_ERRNOS
 * + errno.
 */
struct kidos_connect_failure {
	struct kidos_connect_owner owner;
	__u16 protocol; /* enum kidos_connect_protocol */
	__u16 error; /* errno; KIDOS_CONNECT_ERRNO_UNKNOWN: the rung sees no return code */
	__u32 pad;
};
_Static_assert(sizeof(struct kidos_connect_failure) == 32, "connect failure");

#define KIDOS_CONNECT_ERRNOS 256u
#define KIDOS_CONNECT_ERRNO_UNKNOWN 255u

enum kidos_connect_kind {
	KIDOS_CONNECT_CONNECT = 1, /* an attempt and its outcome */
	KIDOS_CONNECT_SEND, /* datagrams of an unconnected socket to one destination */
	KIDOS_CONNECT_ACCEPT, /* established at a listener */
	KIDOS_CONNECT_CLOSE, /* a TCP connection ended */
};

enum kidos_connect_outcome {
	KIDOS_CONNECT_SUCCEEDED,
	KIDOS_CONNECT_FAILED, /* error says why */
	KIDOS_CONNECT_ABANDONED,
	KIDOS_CONNECT_LOST,
	KIDOS_CONNECT_OUTCOMES
};

#define KIDOS_CONNECT_PATH 108

/*
 * A recent event, in `connect_records`: an mmapable array of possible CPUs x
 * room, as with struct kidos_drop_record: a CPU writes its own in turn, and
 * one is whole when sequence == sequence_end and neither is 0.
 */
struct kidos_connect_record {
	__u64 sequence;
	__u64 time; /* CLOCK_BOOTTIME, ns: of the outcome */
	__u64 latency; /* ns since the attempt began; CLOSE: since it was established */
	__u64 socket; /* its cookie, or its address where there is none: equal in all its records */
	__u64 count; /* SEND: datagrams; else 1 */
	struct kidos_connect_owner owner;
	__u32 tgid; /* in the daemon's PID namespace, 0: it has no number there */
	__u32 tgid_initial; /* in the initial PID namespace */
	__u32 tid; /* as tgid */
	__u32 uid;
	__u32 netns; /* inode of the socket's namespace */
	__u16 protocol; /* IPPROTO_* of the socket: 262 for MPTCP */
	__u8 family; /* AF_UNIX 1, AF_INET 2, AF_INET6 10; v4-mapped is AF_INET */
	__u8 type; /* SOCK_STREAM 1, SOCK_DGRAM 2, ... */
	__u8 kind; /* enum kidos_connect_kind */
	__u8 outcome; /* enum kidos_connect_outcome */
	__u16 error; /* errno, 0 where it did not fail */
	__u32 retransmits; /* CLOSE */
	union {
		struct {
			union kidos_address src; /* v4-mapped, as in flow keys */
			union kidos_address dst;
			__u16 sport; /* host order */
			__u16 dport;
			__u32 srtt_us; /* CLOSE: smoothed; else 0 */
			__u64 rx; /* CLOSE: payload bytes */
			__u64 tx;
		};
		struct {
			__u8 path_length; /* bytes; an abstract one begins with NUL, all others end
					     before it */
			char path[KIDOS_CONNECT_PATH];
			char pad[3];
		};
	};
	__u64 sequence_end;
};
_Static_assert(sizeof(struct kidos_connect_record) == 216, "connect record");

/* Value of `connect_live`, HASH by struct kidos_connect_owner: TCP sockets that are open now. */
struct kidos_connect_live {
	__u64 sockets; /* connections, not listeners */
	__u64 rx;
	__u64 tx;
	__u64 retransmits;
};

/* An open TCP socket as the walk gives it, one after the other. */
struct kidos_connect_socket {
	struct kidos_connect_owner owner;
	union kidos_address src;
	union kidos_address dst;
	__u64 socket; /* cookie */
	__u64 rx; /* payload bytes, of one that is older than the daemon since it was found */
	__u64 tx;
	__u64 since; /* CLOCK_BOOTTIME, ns: established or listening; 0: older than the daemon */
	__u32 tgid;
	__u32 tgid_initial;
	__u32 uid;
	__u32 netns;
	__u32 retransmits;
	__u32 srtt_us;
	__u32 zero_windows; /* now: 1 where the peer's window is 0, else 0 */
	__u32 queue; /* listener: connections that wait for accept() */
	__u32 queue_max; /* listener: its backlog */
	__u32 overflows; /* listener: connections and SYNs it dropped */
	__u16 sport;
	__u16 dport;
	__u8 family;
	__u8 state; /* TCP_LISTEN 10, TCP_ESTABLISHED 1, ... */
	__u8 passive; /* 1: established at a listener */
	__u8 pad;
};
_Static_assert(sizeof(struct kidos_connect_socket) == 136, "connect socket");

#define KIDOS_CONNECT_OWNERS 4096u
#define KIDOS_CONNECT_FAILURES 8192u
#define KIDOS_CONNECT_CALLS 16384u
#define KIDOS_CONNECT_PENDING 16384u
#define KIDOS_CONNECT_RECORDS 65536u /* of all CPUs, at most */

/* What programs could not do, an array of u64: index into `connect_events`. */
enum kidos_connect_event {
	KIDOS_CONNECT_EVENT_NO_OWNER, /* `connect_owners` was full: counted under all zeros */
	KIDOS_CONNECT_EVENT_NO_PENDING, /* a map of attempts was full: counted as lost */
	KIDOS_CONNECT_EVENT_NO_RECORD, /* this CPU was at work on another record */
	KIDOS_CONNECT_EVENT_NO_DATAGRAM, /* a map of destinations was full: SEND records missing */
	KIDOS_CONNECT_EVENTS
};

/* Read-only data of the connect programs. */
struct kidos_connect_config {
	__u32 room; /* records of one CPU, a power of two */
	__u32 pid_namespace; /* inode; 0: the initial one */
	__u32 readable; /* kernel memory may be read by helper */
	__u32 returns; /* the rung sees return codes */
	__u32 storage; /* programs may keep something with a socket (tp_btf: since 5.11) */
	__u32 tasks; /* calls lie in `connect_tasks`, not in `connect_calls` */
};

/*
 * `connect_trial`: the attempt of this socket is kidos's own, made to try a
 * rung. It is counted nowhere, and what is seen of it is noted here.
 */
enum kidos_connect_step {
	KIDOS_CONNECT_STEP_ENTRY = 1 << 0,
	KIDOS_CONNECT_STEP_RETURN = 1 << 1,
	KIDOS_CONNECT_STEP_OUTCOME = 1 << 2,
};

struct kidos_connect_trial {
	__u64 cookie; /* 0: no trial */
	__u64 seen; /* enum kidos_connect_step */
};

/*
 * An attempt without an outcome; who removes it concludes it. In `connect_calls`
 * by the thread's number in the initial PID namespace, or in `connect_tasks`,
 * the thread's storage, while a thread is in the call; in `connect_pending` by
 * the socket's address (on a rung without return codes by its cookie) once a
 * SYN took it over.
 */
struct kidos_connect_attempt {
	struct kidos_connect_owner owner;
	__u64 start; /* CLOCK_BOOTTIME, ns */
	__u64 sk; /* the key in `connect_pending` */
	__u64 socket; /* as in records */
	__u64 address; /* where the caller's struct sockaddr lies */
	union kidos_address dst;
	__u32 tgid;
	__u32 tgid_initial;
	__u32 tid;
	__u32 tid_initial;
	__u32 uid;
	__u32 netns;
	__u32 length; /* of the caller's struct sockaddr */
	__u16 dport;
	__u16 protocol; /* IPPROTO_* */
	__u8 family;
	__u8 type;
	__u8 stage; /* enum kidos_connect_stage */
	__u8 trial;
	__u32 pad;
};
_Static_assert(sizeof(struct kidos_connect_attempt) == 112, "connect attempt");

enum kidos_connect_stage {
	KIDOS_CONNECT_NO_CALL,
	KIDOS_CONNECT_IN_CALL,
	KIDOS_CONNECT_TAKEN, /* a SYN took it over: `connect_pending` has it under `sk` */
	KIDOS_CONNECT_RESTART, /* a signal came: the same call may come again */
	KIDOS_CONNECT_DEFERRED, /* TCP Fast Open: its SYN goes out with the first data */
};

/* Value of `connect_sockets`, the storage of a TCP socket. */
struct kidos_connect_kept {
	struct kidos_connect_owner owner;
	__u64 since; /* CLOCK_BOOTTIME, ns; 0: older than the daemon */
	__u64 rx; /* its counters when it was found */
	__u64 tx;
	__u64 added; /* the walk's session that had it last, of each kind: a file may come twice */
	__u64 listed;
	__u64 moved_rx; /* of an older one: what is counted already */
	__u64 moved_tx;
	__u32 retransmits;
	__u32 moved_retransmits;
	__u32 tgid;
	__u32 tgid_initial;
	__u32 uid;
	__u8 passive;
	__u8 closed; /* its bytes are in `connect_owners` */
	__u8 older; /* than the daemon, and its end may not be seen */
	__u8 pad;
};
_Static_assert(sizeof(struct kidos_connect_kept) == 104, "connect kept");

/* Value of `connect_senders`, the storage of a UDP socket: since the last record. */
#define KIDOS_CONNECT_TARGETS 4u

struct kidos_connect_sent {
	union kidos_address address;
	__u64 count;
	__u16 port;
	__u16 pad[3];
};

struct kidos_connect_sender {
	struct kidos_connect_owner owner;
	__u64 socket; /* as in records; 0: the rest is not set */
	union kidos_address src;
	__u32 tgid;
	__u32 tgid_initial;
	__u32 tid;
	__u32 uid;
	__u32 netns;
	__u16 protocol;
	__u16 sport;
	__u32 next; /* the slot that gives way */
	__u32 pad;
	struct kidos_connect_sent sent[KIDOS_CONNECT_TARGETS];
};
_Static_assert(sizeof(struct kidos_connect_sender) == 208, "connect sender");

#endif
