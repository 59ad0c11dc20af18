/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * kernel_types.h: the kernel's own structs, with nothing but the fields that
 * kidos reads. Offsets are put right at load from the running kernel's BTF.
 */
#ifndef KIDOS_KERNEL_TYPES_H
#define KIDOS_KERNEL_TYPES_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__s64 counter;
} atomic64_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	atomic_t refs;
} refcount_t;

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them, from the initial namespace inwards */
};

struct task_struct {
	struct task_struct *group_leader;
	struct pid *thread_pid;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie; /* atomic64_t before 5.12: see struct net___atomic */
};

struct net___atomic {
	atomic64_t net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_rcv_saddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	atomic64_t skc_cookie;
	__u16 skc_num;
};

typedef struct {
	__u32 val;
} kuid_t;

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup; /* since 5.15; before, a word of other uses too */
};

struct sock {
	struct sock_common __sk_common;
	kuid_t sk_uid;
	__u16 sk_protocol;
	struct sock_cgroup_data sk_cgrp_data;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	int skb_iif;
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header;
	unsigned int tail; /* offset from head, as on every 64-bit machine */
	unsigned char *head;
	unsigned char *data;
	refcount_t users;
};

#pragma clang attribute pop

/* Only names and values are looked up in the running kernel, never these numbers. */
enum skb_drop_reason {
	SKB_NOT_DROPPED_YET = 0, /* since 5.18 */
	SKB_CONSUMED = 1, /* since 6.3 */
};

#endif
