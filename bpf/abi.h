/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * abi.h: what the kernel half and the user half share, and nothing else.
 *
 * Every struct lies in a BPF map or in read-only data. Integers are in the
 * machine's order unless the type says __be; sizes and offsets are asserted,
 * because a map outlives the program that made it. KIDOS_ABI_VERSION grows
 * with each change of layout or meaning.
 */
#ifndef KIDOS_ABI_H
#define KIDOS_ABI_H

#include <linux/types.h>

#define KIDOS_ABI_VERSION 6

enum kidos_direction {
	KIDOS_RX, /* towards the host */
	KIDOS_TX,
	KIDOS_DIRECTIONS
};

/* Protocol classes: every packet is in exactly one. Names: kidos_class_names. */
enum kidos_class {
	KIDOS_CLASS_TCP,
	KIDOS_CLASS_UDP,
	KIDOS_CLASS_ICMP,
	KIDOS_CLASS_ICMPV6,
	KIDOS_CLASS_SCTP,
	KIDOS_CLASS_GRE,
	KIDOS_CLASS_ESP,
	KIDOS_CLASS_AH,
	KIDOS_CLASS_IGMP,
	KIDOS_CLASS_OTHER_IP,
	KIDOS_CLASS_ARP,
	KIDOS_CLASS_OTHER,
	KIDOS_CLASSES
};

/*
 * What is wrong with a packet, one reason each. The packet stays in the
 * totals of the class that is still known; it has no flow entry.
 */
enum kidos_parse_error {
	KIDOS_PARSE_OK,
	KIDOS_PARSE_SHORT_LINK, /* Ethernet header, tag or wrapper (parse_link.h) cut */
	KIDOS_PARSE_VLAN_DEPTH, /* more than KIDOS_VLAN_DEPTH tags */
	KIDOS_PARSE_SHORT_IP, /* IPv4 or IPv6 fixed header cut */
	KIDOS_PARSE_IP_VERSION, /* version differs from the EtherType */
	KIDOS_PARSE_IP_HEADER, /* IPv4 header length below 20 */
	KIDOS_PARSE_IP_LENGTH, /* length below the header (options too) or beyond the frame */
	KIDOS_PARSE_EXT_SHORT, /* IPv6 extension header cut */
	KIDOS_PARSE_EXT_DEPTH, /* more than KIDOS_EXT_DEPTH extension headers */
	KIDOS_PARSE_SHORT_L4, /* transport header cut in a first fragment or whole packet */
	KIDOS_PARSE_L4_HEADER, /* TCP data offset below 5 or UDP length below 8 */
	KIDOS_PARSE_SHORT_TUNNEL, /* tunnel header cut (only where the inner packet is read) */
	KIDOS_PARSE_ERRORS
};

#define KIDOS_ERRORS_ROOM 16 /* a power of two, so that the verifier of 5.10 follows the mask */

#define KIDOS_OUTCOMES_ROOM 8 /* likewise */

#define KIDOS_VLAN_DEPTH 3
#define KIDOS_EXT_DEPTH 8

/*
 * struct kidos_flow_key.meta: protocol 8 bits, outer VLAN id 12, interface
 * slot 10, direction 1, IPv4 1. IPv4 addresses are stored v4-mapped
 * (RFC 4291 2.5.5.2); the bit distinguishes them from a real ::ffff:a.b.c.d.
 */
#define KIDOS_META_PROTOCOL_SHIFT 0
#define KIDOS_META_VLAN_SHIFT 8
#define KIDOS_META_SLOT_SHIFT 20
#define KIDOS_META_DIRECTION_SHIFT 30
#define KIDOS_META_IPV4 (1u << 31)
#define KIDOS_META_VLAN_MASK 0xfffu
#define KIDOS_META_SLOT_MASK 0x3ffu

/* Slot 0 counts every interface that has none of its own. */
#define KIDOS_SLOT_OTHER 0
#define KIDOS_SLOTS_MAX 1024

union kidos_address {
	__u8 bytes[16];
	__be32 words[4];
	__u64 halves[2];
};

/*
 * Ports are in host order, 0 where the protocol has none and in later
 * fragments. ICMP and ICMPv6: sport is the identifier of an echo (else 0),
 * dport is type << 8 | code.
 */
struct kidos_flow_key {
	union kidos_address src;
	union kidos_address dst;
	__u16 sport;
	__u16 dport;
	__u32 meta;
};
_Static_assert(sizeof(struct kidos_flow_key) == 40, "flow key");

/*
 * Time in the table: the kernel's ticks (bpf_jiffies64() >> time_shift), 32
 * bits, compared modulo 2^32. A unit is 3.3 to 10 ms, by the kernel's HZ. The
 * verifier turns the helper into one load; bpf_ktime_get_coarse_ns, which is
 * no finer, costs 18 ns a packet.
 */
#define KIDOS_UNIT_MIN_NS 3000000u

/*
 * Units since `last`. A time that lies ahead by a little is of a CPU whose
 * tick came first, or that did not stand still as ours did: age 0. All others
 * have passed, so that what is idle stays so until the clock comes round (163
 * days or more), and is then taken for new for some minutes.
 */
#define KIDOS_AHEAD (1u << 16)

static inline __attribute__((always_inline)) __u32 kidos_age(__u32 now, __u32 last)
{
	__u32 age = now - last;

	return age > -KIDOS_AHEAD ? 0 : age;
}

/*
 * Did the entry's last packet come before this time, which is IdleTimeout ago
 * at most (a day, 2^25 units)?
 */
static inline __attribute__((always_inline)) int kidos_is_earlier(__u32 last, __u32 before)
{
	return last != before && before - last < -(1u << 26);
}

/*
 * An entry of the flow table, one cache line: what every packet touches.
 * state holds packets (high 32 bits) beside the sequence (low 32): one word,
 * so that a packet is counted for the owner whose sequence it saw or not at
 * all. Packets and bytes are on the wire.
 */
struct kidos_flow {
	struct kidos_flow_key key;
	__u64 bytes;
	__u64 state;
	__u32 last; /* time of the last packet */
	__u32 marks; /* TCP flags seen 8 bits, verdict 2, policy generation 22 */
};
_Static_assert(sizeof(struct kidos_flow) == 64, "one cache line");

/*
 * The sequence, in the low half of state: bit 0 is set while the entry is
 * being given to another flow, bit 1 (first way of a set) once a flow of
 * this set had to go to its next choice, the rest counts owners; 0 owners:
 * never used, and a search may end here.
 */
#define KIDOS_STATE_WRITING 1u
#define KIDOS_STATE_OVERFLOWED 2u
#define KIDOS_STATE_OWNER_SHIFT 2
#define KIDOS_STATE_PACKETS_SHIFT 32
/* Added when the writer is done, 01 + 11 = 100: the next owner, and bit 1 as it was. */
#define KIDOS_STATE_WRITTEN 3u

static inline __attribute__((always_inline)) __u32 kidos_state_owner(__u64 state)
{
	return (__u32)state >> KIDOS_STATE_OWNER_SHIFT;
}

#define KIDOS_MARKS_TCP_FLAGS 0xffu

/* The rest of an entry: touched when it is made, and rarely after. */
struct kidos_flow_detail {
	__u32 first; /* time of the first packet */
	__u16 inner_vlan; /* of the first packet, as are tunnel_id and first_size */
	__u16 first_size; /* bytes on the wire; sizes are 0 where the programs do not keep them */
	__u32 tunnel_id; /* VNI or GRE key */
	__u32 packets_carry; /* times the 32-bit packet count wrapped */
	__u32 least_size; /* of all packets */
	__u32 most_size;
	__u32 pad[2]; /* half a cache line: no entry's lies in two */
};
_Static_assert(sizeof(struct kidos_flow_detail) == 32, "flow detail");

/* An entry of the baseline rung, a kernel hash map (kernels before 5.12). */
struct kidos_flow_baseline {
	__u64 packets;
	__u64 bytes;
	__u32 last;
	__u32 marks;
	struct kidos_flow_detail detail;
};
_Static_assert(sizeof(struct kidos_flow_baseline) == 56, "baseline entry");

/*
 * A new flow of a full table reads all of its sets' entries, a cache line each.
 * With three sets, at two entries per flow, no flow is without room; a fourth
 * one made a full table slower by a half.
 */
#define KIDOS_WAYS 8 /* entries per set */
#define KIDOS_CHOICES 3 /* sets a flow may lie in */

struct kidos_flow_set {
	struct kidos_flow ways[KIDOS_WAYS];
};

struct kidos_detail_set {
	struct kidos_flow_detail ways[KIDOS_WAYS];
};

struct kidos_count {
	__u64 packets;
	__u64 bytes;
};

/*
 * Per interface slot and direction (index slot * 2 + direction), per CPU.
 * hook: skbs or frames as the program saw them. extra: what the wire carries
 * beyond that (segments of a GSO packet, tags in metadata), never negative.
 */
struct kidos_totals {
	struct kidos_count hook[KIDOS_CLASSES];
	struct kidos_count extra[KIDOS_CLASSES];
	__u64 errors[KIDOS_ERRORS_ROOM];
	__u64 outcomes[KIDOS_OUTCOMES_ROOM]; /* of a policy (abi_policy.h), wire packets; received
					      */
};

/*
 * Per slot and direction, twice (by the programs, and behind those by the
 * plugin: one writer each), shared: wire packets and bytes that have no entry
 * in the table: of entries that were given to another flow, and of packets
 * that never had one. Entries + retired = totals.
 */
struct kidos_retired {
	struct kidos_count classes[KIDOS_CLASSES];
};

enum kidos_port_flags {
	KIDOS_PORT_ETHERNET = 1 << 0, /* frames start with an Ethernet header */
};

/*
 * (network namespace, ifindex) -> slot: an entry of an open-addressed table,
 * which a kernel hash map would make three times as slow. It lies within
 * KIDOS_PORT_PROBES of kidos_port_home(); ifindex 0 is free, KIDOS_PORT_GONE was
 * used before. netns is kidos's own number.
 */
#define KIDOS_PORT_GONE 0xffffffffu
struct kidos_port {
	__u32 netns;
	__u32 ifindex;
	__u32 slot;
	__u32 flags;
};

#define KIDOS_PORT_PROBES 8

static inline __attribute__((always_inline)) __u32 kidos_port_home(__u32 netns, __u32 ifindex)
{
	return ifindex + netns * 61;
}

/*
 * Where a packet was seen. netns is kidos's own number, and of the counting
 * programs that all namespaces share KIDOS_NETNS_OF_ENTRY: each packet's is in
 * the map `origin`.
 */
#define KIDOS_NETNS_OF_ENTRY 0xffffffffu
struct kidos_origin {
	__u32 netns;
	__u32 direction;
};

/* Elements of the arrays that entry programs jump by: always to the first of them. */
enum kidos_entry_place {
	KIDOS_ENTRY_FIRST, /* what counts, or what makes copies for a capture before that */
	KIDOS_ENTRY_COUNTS, /* where copies go on */
	KIDOS_ENTRY_PROGRAMS
};

/* What the flow table's hash is keyed with: random, no number used twice (flow_hash.h). */
struct kidos_hash_seed {
	__u32 halves[sizeof(struct kidos_flow_key) / sizeof(__u32)];
	__u64 choices[KIDOS_CHOICES][3];
};

/* Read-only data of the traffic programs. */
struct kidos_traffic_config {
	struct kidos_hash_seed seed;
	__u32 set_mask; /* sets - 1, a power of two less one */
	__u32 idle; /* units after which an entry is free to the next insert */
	__u32 netns;
	__u32 slots; /* slots in use, KIDOS_SLOT_OTHER included */
	__u8 inner; /* account the inner packet of a tunnel */
	__u8 xdp_frags; /* loaded with BPF_F_XDP_HAS_FRAGS (kernel 5.18) */
	__u8 preemptible; /* PREEMPT_RT: programs on one CPU may interleave */
	__u8 time_shift; /* ticks to kidos time units */
	__u32 ports_mask; /* entries of `ports` - 1, a power of two less one */
	__u32 policy_room; /* bytes of a policy's table; 0: nothing is policed */
	__u32 policy_ticks; /* of the kernel in a second, while a source is reported once */
	__u32 sizes; /* keep those of packets: a second cache line for each */
	__u32 pad;
};
_Static_assert(sizeof(struct kidos_traffic_config) == 152, "traffic config");

/* What the flow table did, per CPU: index into `events`. */
enum kidos_event {
	KIDOS_EVENT_EVICTED, /* an active entry was given to a newer flow */
	KIDOS_EVENT_SPILLED, /* ... and its counts were written to the spill ring */
	KIDOS_EVENT_SPILL_LOST, /* ... or the ring was full; neither where nobody wants them */
	KIDOS_EVENT_UNATTRIBUTED, /* a packet found no entry: counted in retired only */
	KIDOS_EVENT_UNCOUNTED, /* a packet passed: its entry program found none that counts */
	KIDOS_EVENTS
};

/* An evicted entry, in the spill ring. */
struct kidos_spill {
	struct kidos_flow_key key;
	__u64 bytes;
	__u64 packets;
	__u32 entry; /* where it lay: set * KIDOS_WAYS + way */
	__u32 owner; /* its sequence's count of owners, 30 bits */
};
_Static_assert(sizeof(struct kidos_spill) == 64, "spill record");

/*
 * The plugin's word on the ring, in `spilling`. It wakes its reader each time
 * that another KIDOS_SPILL_BATCH of bytes has come together; what is less is
 * fetched by the poll. A wake-up costs several times what the eviction does.
 */
struct kidos_spilling {
	__u64 wanted; /* 0: nothing is written to the ring */
	__u64 lost; /* records that were read and could not be kept until the poll */
};

#define KIDOS_SPILL_RING (256u * 1024u)
#define KIDOS_SPILL_BATCH (KIDOS_SPILL_RING / 4)

/* Loops stay loops: unrolled, they cost instruction cache and verifier time. */
#ifdef __clang__
#define KIDOS_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define KIDOS_NO_UNROLL
#endif

#endif
