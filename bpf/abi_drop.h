/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * abi_drop.h: the part of the ABI that the drop programs write. Rules and
 * version are those of abi.h.
 */
#ifndef KIDOS_ABI_DROP_H
#define KIDOS_ABI_DROP_H

#include "abi.h"

/* The rung cannot tell reasons (kernels before 5.17, some kprobes). */
#define KIDOS_REASON_UNKNOWN 0xffffffffu

#define KIDOS_COMM 16

/*
 * Key of `drop_counts`, whose value is a u64 that is added to atomically.
 * An interface is known by namespace and index, since a drop may happen where
 * no traffic program is attached.
 */
struct kidos_drop_key {
	__u64 place; /* address in the kernel's text of the caller that dropped, 0: not known */
	__u32 reason; /* enum skb_drop_reason of the running kernel, subsystem in the high 16 bits
		       */
	__u32 netns; /* inode of the interface's namespace, 0 without an interface */
	__u32 ifindex; /* 0 without an interface */
	__u8 class; /* enum kidos_class */
	__u8 policy; /* 1: dropped by kidos's own policy */
	__u8 pad[2];
};
_Static_assert(sizeof(struct kidos_drop_key) == 24, "drop key");

/*
 * What goes with `drop_counts`: `drop_other`, an array of KIDOS_CLASSES u64,
 * counts the drops for which that map was full.
 */

/*
 * What an interface's driver lost before there was a packet is known by the
 * driver alone. The plugin adds it to `drop_counts` as such a place and
 * KIDOS_REASON_DRIVER + enum kidos_driver_loss; no program writes these keys.
 * Names: kidos_driver_loss_names.
 */
#define KIDOS_PLACE_DRIVER 1u
#define KIDOS_REASON_DRIVER 0xffff0000u

enum kidos_driver_loss {
	KIDOS_DRIVER_RX_MISSED, /* the host had no room for it */
	KIDOS_DRIVER_RX_OVER, /* the same under another name, or of another queue */
	KIDOS_DRIVER_XDP_DROP, /* a native XDP program dropped it */
	KIDOS_DRIVER_XDP_ERROR, /* native XDP was to hand it on, and could not */
	KIDOS_DRIVER_LOSSES
};

/* How the owner of a dropped packet was found, best first. */
enum kidos_owner {
	KIDOS_OWNER_NONE,
	KIDOS_OWNER_SOCKET, /* tgid and comm remembered by the socket's cookie */
	KIDOS_OWNER_USER, /* uid and cgroup of the socket, no process */
	KIDOS_OWNER_BYSTANDER, /* the task that happened to run */
	KIDOS_OWNERS
};

/*
 * A recent drop, in `drop_records`: an mmapable array of possible CPUs x room
 * records (room: a power of two, in rodata and in the status), of which a CPU
 * writes its own in turn. A record is whole when sequence == sequence_end and
 * neither is 0; sequence counts the records of that CPU from 1. Not every drop
 * of a storm has one: counts less records is how many have none.
 */
struct kidos_drop_record {
	__u64 sequence;
	__u64 time; /* CLOCK_BOOTTIME, ns */
	__u64 place;
	__u32 reason;
	__u32 netns;
	__u32 ifindex;
	__u32 length; /* bytes of the packet, link header included if it had one */
	union kidos_address src; /* v4-mapped, as in flow keys */
	union kidos_address dst;
	__u16 sport; /* host order; ICMP as in flow keys */
	__u16 dport;
	__u16 ethertype; /* host order; 0: not known */
	__u8 protocol; /* 0 when there is no five-tuple */
	__u8 class;
	__u8 family; /* 4, 6, or 0 without addresses */
	__u8 owner; /* enum kidos_owner */
	__u8 policy;
	__u8 pad0;
	__u32 tgid;
	__u32 uid;
	__u32 pad1;
	__u64 cgroup; /* id of the socket's cgroup */
	char comm[KIDOS_COMM];
	__u64 sequence_end;
};
_Static_assert(sizeof(struct kidos_drop_record) == 128, "drop record");

/*
 * Interfaces and namespaces come and go, 8,000 containers a day, and room for
 * counts is bounded: what has not moved for longest is added up by the plugin
 * under this ifindex, of no namespace, by place, reason and class as before.
 */
#define KIDOS_IFINDEX_GONE 0xffffffffu

#define KIDOS_DROP_KEYS 16384u
#define KIDOS_DROP_REASONS 1024u
#define KIDOS_DROP_OWNERS 16384u
#define KIDOS_DROP_RECORDS 65536u /* of all CPUs, at most */
#define KIDOS_DROP_RATE 8u /* records of one CPU in a tick of the kernel, 1 to 10 ms, */
#define KIDOS_DROP_BURST 256u /* and as many at once where few were made before */

/* Value of `drop_positions`, per CPU. */
struct kidos_drop_position {
	__u64 sequence; /* of the newest record of this CPU */
	__u64 busy; /* a record is being written: who interrupts that writes none */
	__u64 tick; /* jiffies at the last drop */
	__u64 left; /* records that may be made in this tick */
};

/*
 * Read-only data of the drop and owner programs. Pids are those of the daemon's
 * own PID namespace, a container's for one, since its users know no others.
 */
struct kidos_drop_config {
	__u32 room; /* records of one CPU, a power of two */
	__u32 headers; /* kernel memory may be read (not under lockdown=confidentiality) */
	__u32 pid_namespace; /* inode; 0: the initial one, whose pids every program knows */
	__u32 policy; /* there is one: it marks what it drops */
};

/*
 * `drop_trial`: while a rung is tried, the drops of this thread are kidos's
 * own, and counted here alone. Its number is that of its own PID namespace.
 */
struct kidos_drop_trial {
	__u64 device; /* of the namespace's inode; 0: the initial namespace */
	__u64 inode;
	__u32 thread; /* 0: no trial */
	__u32 pad;
	__u64 seen;
};

/*
 * `drop_owners`, LRU: who made, bound or connected a socket; by the socket's
 * cookie, and for those that are bound by where they are, by which an accepted
 * connection, whose cookie is another, finds its owner. Another protocol's port
 * or another address of the same number is somebody else's.
 */
struct kidos_owner_key {
	__u64 cookie; /* of the socket, or with a port of its namespace */
	union kidos_address address; /* local, v4-mapped; with a port */
	__u16 port; /* local, host order, 0: by the socket's cookie */
	__u8 protocol; /* with a port */
	__u8 pad[5];
};
_Static_assert(sizeof(struct kidos_owner_key) == 32, "owner key");

struct kidos_owner_process {
	__u32 tgid; /* 0: a process that the daemon's PID namespace has no number for */
	__u32 pad;
	char comm[KIDOS_COMM];
};

#endif
