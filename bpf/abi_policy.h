/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * abi_policy.h: the part of the ABI that polices received packets. Rules and
 * version are those of abi.h.
 */
#ifndef KIDOS_ABI_POLICY_H
#define KIDOS_ABI_POLICY_H

#include "abi.h"

/* What a source's look-up gives; cached in an entry's marks beside the generation it is of. */
enum kidos_verdict {
	KIDOS_VERDICT_NONE,
	KIDOS_VERDICT_PERMIT, /* also where the family is not policed */
	KIDOS_VERDICT_REFUSE,
};
#define KIDOS_MARKS_VERDICT_SHIFT 8
#define KIDOS_MARKS_VERDICT_MASK 3u
#define KIDOS_MARKS_GENERATION_SHIFT 10
#define KIDOS_GENERATION_MAX ((1u << (32 - KIDOS_MARKS_GENERATION_SHIFT)) - 1)

static inline __attribute__((always_inline)) __u32 kidos_marks_verdict(__u32 marks)
{
	return marks >> KIDOS_MARKS_VERDICT_SHIFT & KIDOS_MARKS_VERDICT_MASK;
}

/* What became of a received packet: each is in exactly one. Names: kidos_outcome_names. */
enum kidos_outcome {
	KIDOS_OUTCOME_PERMITTED,
	KIDOS_OUTCOME_LOGGED, /* not permitted, and passed */
	KIDOS_OUTCOME_DROPPED, /* not permitted */
	KIDOS_OUTCOME_EXEMPT, /* ARP, or what else a link lives by */
	KIDOS_OUTCOME_FAILED_OPEN, /* could not be judged, or the daemon is dead: passed */
	KIDOS_OUTCOME_FAILED_CLOSED, /* could not be judged: dropped */
	KIDOS_OUTCOMES
};

#define KIDOS_POLICIES_MAX 16 /* a file's: one for all interfaces, and those with their own */

enum kidos_policy_family { KIDOS_POLICY_IPV4, KIDOS_POLICY_IPV6, KIDOS_POLICY_FAMILIES };

/*
 * Index into `policy_tables`, of which half is in force, by the generation's
 * lowest bit, while the plugin writes the other. A place without a table: the
 * family is not policed there.
 */
#define KIDOS_POLICY_TABLES (2 * KIDOS_POLICIES_MAX * KIDOS_POLICY_FAMILIES)

static inline __attribute__((always_inline)) __u32 kidos_policy_place(__u32 generation,
								      __u32 policy, __u32 family)
{
	return ((generation & 1) * KIDOS_POLICIES_MAX + (policy & (KIDOS_POLICIES_MAX - 1))) *
		       KIDOS_POLICY_FAMILIES +
	       family;
}

/*
 * Addresses, permitted and not in turn: the first start begins what is
 * permitted, the second what is not again. A bucket has the addresses of one
 * number in their upper 16 bits; index is how many starts lie before it. The
 * starts follow, in order: u32 for IPv4, struct kidos_policy_start6 for IPv6.
 */
#define KIDOS_POLICY_BUCKETS 65536u
struct kidos_policy_table {
	__u32 count; /* of starts */
	__u32 pad0[3];
	__u32 index[KIDOS_POLICY_BUCKETS + 1];
	__u32 pad1[3];
};
_Static_assert(sizeof(struct kidos_policy_table) % 16 == 0, "starts are aligned");

struct kidos_policy_start6 {
	__u64 high, low; /* host order */
};

/*
 * Bytes of a table with its starts: all have the same, chosen at the start by
 * the file. Kernel 5.10 takes values of 4 MiB, not of 5.
 */
#define KIDOS_POLICY_ROOM_SMALL (1u << 19)
#define KIDOS_POLICY_ROOM_LARGE (1u << 22)
#define KIDOS_POLICY_PATH 256 /* of the file, its NUL included */
#define KIDOS_POLICY_STEPS 20 /* of a search: 2^20 starts are more than fit */

/*
 * `policy`, one element, written by the plugin alone, a field at a time.
 * Nothing is policed while generation is 0.
 */
struct kidos_policy_control {
	__u32 generation; /* 22 bits */
	__u32 drop; /* Action "drop" */
	__u32 fail_open;
	__u32 open_on_crash; /* OnCrash "pass" */
	__u32 heartbeat; /* time units, each second */
	__u32 patience; /* time units since the heartbeat, after which the daemon is dead */
	__u64 deadline_ns; /* CLOCK_BOOTTIME: past it nothing is dropped; 0: confirmed */
	/* For kidosctl. */
	__u32 policies;
	__u32 prefixes;
	__u64 digest; /* of the file */
	__u64 loaded_ns; /* CLOCK_REALTIME */
	__u64 lost; /* records that the ring had no room for; the programs' */
	__u64 pad[7];
	char file[KIDOS_POLICY_PATH];
};
_Static_assert(sizeof(struct kidos_policy_control) == 376, "policy control");

/* `policy_slots`: the policy of a slot, in even generations and in odd ones. */
struct kidos_policy_slot {
	__u8 policy[2];
	__u8 pad[2];
};

/*
 * A source that is not permitted, in the ring `policy_alerts`: from one CPU at
 * most each second, and of all no more than KIDOS_POLICY_RATE in a tick.
 */
struct kidos_policy_record {
	__u32 size; /* of the record, checked by the reader */
	__u32 outcome; /* logged or dropped */
	__u64 time; /* CLOCK_BOOTTIME, ns */
	struct kidos_flow_key key; /* of the packet; src: the source that was refused */
};
_Static_assert(sizeof(struct kidos_policy_record) == 56, "policy record");

#define KIDOS_POLICY_RING (64u * 1024u)
#define KIDOS_POLICY_RATE 2 /* records of a CPU in a tick, 1 to 10 ms */
#define KIDOS_POLICY_SEEN 1024u /* sources remembered by a CPU, by hash; element 0: the rate */

struct kidos_policy_seen {
	__u64 source; /* its hash */
	__u64 tick; /* when it was last reported */
};

#endif
