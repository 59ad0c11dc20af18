/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * police.h: what becomes of a received packet that its flow's entry does not
 * permit: the source is refused or not known yet, it is malformed, no IP, or a
 * tunnel, whose inner source is judged packet by packet, since no entry has it.
 */
#ifndef KIDOS_POLICE_H
#define KIDOS_POLICE_H

#include "flow_hash.h"
#include "frame.h"
#include "judge.h"
#ifdef KIDOS_BASELINE
#include "flow_table_baseline.h"
#else
#include "flow_table_maps.h"
#endif

/* Where the first byte of the last packet lay that a policy dropped: drop.bpf.c knows it by that.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} policy_mark SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KIDOS_POLICY_SEEN);
	__type(key, __u32);
	__type(value, struct kidos_policy_seen);
} policy_seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, KIDOS_POLICY_RING);
} policy_alerts SEC(".maps");

/*
 * What is to be known of a packet, in one word, which any kernel's global
 * function takes: where its inner packet begins (16 bits) and its EtherType (16),
 * error, class, tunnel, has_key and the port's flags (8 each, has_key 4).
 */
static __always_inline __u64 case_make(const struct kidos_packet *packet, __u32 flags)
{
	return (packet->inner & 0xffff) | (__u64)packet->inner_protocol << 16 |
	       (__u64)packet->error << 32 | (__u64)packet->class << 40 |
	       (__u64)packet->tunnel << 48 | (__u64)(packet->has_key | (flags & 7) << 1) << 56;
}

static __always_inline __u32 case_inner(__u64 of)
{
	return of & 0xffff;
}

static __always_inline __u32 case_protocol(__u64 of)
{
	return of >> 16 & 0xffff;
}

static __always_inline __u32 case_error(__u64 of)
{
	return of >> 32 & 0xff;
}

static __always_inline __u32 case_class(__u64 of)
{
	return of >> 40 & 0xff;
}

static __always_inline __u32 case_tunnel(__u64 of)
{
	return of >> 48 & 0xff;
}

static __always_inline __u32 case_flags(__u64 of)
{
	return of >> 57;
}

/* As far as a packet was judged. */
enum judged {
	JUDGED_PERMIT = KIDOS_VERDICT_PERMIT,
	JUDGED_REFUSE = KIDOS_VERDICT_REFUSE,
	JUDGED_NOT, /* what cannot be judged follows FailOpen */
	JUDGED_EXEMPT,
};

static __always_inline __u32 generation_of(const struct kidos_flow_packet *flow)
{
	return flow->policy >> KIDOS_MARKS_GENERATION_SHIFT;
}

/* By the source that its header names; what is malformed may hide another. */
static __always_inline enum judged judge_malformed(const struct kidos_frame *frame,
						   struct kidos_flow_packet *flow, __u32 slot)
{
	int family = kidos_policy_source(frame, &flow->key.src);

	if (!family)
		return JUDGED_NOT;
	flow->key.meta = (flow->key.meta & ~KIDOS_META_IPV4) | (family == 4 ? KIDOS_META_IPV4 : 0);
	return judge(generation_of(flow), slot, &flow->key.src, family == 4) == KIDOS_VERDICT_REFUSE
		       ? JUDGED_REFUSE
		       : JUDGED_NOT;
}

/* With `inner` the key is of the packet inside: the outer source is in the frame alone. */
static __always_inline enum judged judge_outer(const struct kidos_frame *frame,
					       struct kidos_flow_packet *flow, __u32 slot)
{
	enum judged judged = judge_malformed(frame, flow, slot);

	return judged == JUDGED_NOT ? JUDGED_PERMIT : judged;
}

/* Without what is inside. marks: of the entry, or 0. */
static __always_inline enum judged judge_around(const struct kidos_frame *frame,
						struct kidos_flow_packet *flow, __u64 of,
						__u32 marks, __u32 slot)
{
	__u32 verdict = kidos_marks_verdict(marks);

	if (case_error(of))
		return judge_malformed(frame, flow, slot);
	if (case_class(of) == KIDOS_CLASS_ARP)
		return JUDGED_EXEMPT;
	if (case_class(of) == KIDOS_CLASS_OTHER)
		return JUDGED_NOT;
	if (verdict == KIDOS_VERDICT_NONE) /* the table had no room for it */
		verdict = kidos_marks_verdict(judge_flow(&flow->key, flow->policy));
	if (verdict == KIDOS_VERDICT_PERMIT && kidos_config.inner && case_tunnel(of))
		return judge_outer(frame, flow, slot);
	return verdict;
}

/*
 * What is inside a tunnel: an IP packet whose source is permitted, or ARP.
 * Another tunnel in it is looked at no further, nor is what is no IP.
 */
static __always_inline enum judged judge_inside(const struct kidos_packet *inner,
						struct kidos_flow_packet *flow, __u32 slot)
{
	__u32 verdict;

	if (inner->error || !inner->has_key)
		return inner->class == KIDOS_CLASS_ARP ? JUDGED_PERMIT : JUDGED_NOT;
	verdict = judge(generation_of(flow), slot, &inner->key.src,
			!!(inner->key.meta & KIDOS_META_IPV4));
	if (verdict == KIDOS_VERDICT_REFUSE) {
		flow->key.src = inner->key.src;
		flow->key.meta =
			(flow->key.meta & ~KIDOS_META_IPV4) | (inner->key.meta & KIDOS_META_IPV4);
		return JUDGED_REFUSE;
	}
	return inner->tunnel ? JUDGED_NOT : JUDGED_PERMIT;
}

static __always_inline int is_dhcp_port(__u16 port)
{
	return port == KIDOS_DHCP_SERVER || port == KIDOS_DHCP_CLIENT ||
	       port == KIDOS_DHCP6_CLIENT || port == KIDOS_DHCP6_SERVER;
}

/* Of UDP DHCP alone has exemptions, of the rest ICMPv6; no tunnel is one. */
static __always_inline int may_be_exempt(const struct kidos_flow_packet *flow, __u64 of)
{
	if (case_error(of) || case_tunnel(of))
		return 0;
	return case_class(of) == KIDOS_CLASS_ICMPV6 ||
	       (case_class(of) == KIDOS_CLASS_UDP && is_dhcp_port(flow->key.dport));
}

/* Would this host hand it on to another one? An address that it has not got yet is nobody's. */
static __always_inline int is_for_another(void *ctx, __u32 ifindex, __be32 destination)
{
	struct bpf_fib_lookup route = {
		.family = 2, /* AF_INET */
		.ifindex = ifindex,
		.ipv4_dst = destination,
	};
	long result = bpf_fib_lookup(ctx, &route, sizeof(route), 0);

	return result == BPF_FIB_LKUP_RET_SUCCESS || result == BPF_FIB_LKUP_RET_NO_NEIGH;
}

static __always_inline int is_exempt(void *ctx, __u32 ifindex, const struct kidos_frame *frame)
{
	__be32 destination = 0;
	enum kidos_exempt exempt = kidos_policy_exempt(frame, &destination);

	if (exempt == KIDOS_EXEMPT_HERE)
		return !is_for_another(ctx, ifindex, destination);
	return exempt == KIDOS_EXEMPT;
}

/* The daemon's heartbeat is too old. */
static __always_inline int is_deserted(const volatile struct kidos_policy_control *control,
				       __u32 now)
{
	return control->open_on_crash && kidos_age(now, control->heartbeat) > control->patience;
}

/* A policy that was to be confirmed, and was not. */
static __always_inline int is_expired(const volatile struct kidos_policy_control *control)
{
	__u64 deadline = control->deadline_ns;

	return deadline && bpf_ktime_get_boot_ns() > deadline;
}

static __always_inline enum kidos_outcome outcome_of(
	const volatile struct kidos_policy_control *control, enum judged judged, __u32 now)
{
	if (judged == JUDGED_PERMIT)
		return KIDOS_OUTCOME_PERMITTED;
	if (judged == JUDGED_EXEMPT)
		return KIDOS_OUTCOME_EXEMPT;
	if (judged == JUDGED_NOT && (control->fail_open || !control->drop))
		return KIDOS_OUTCOME_FAILED_OPEN;
	if (!control->drop)
		return KIDOS_OUTCOME_LOGGED;
	if (is_deserted(control, now))
		return KIDOS_OUTCOME_FAILED_OPEN;
	if (is_expired(control))
		return judged == JUDGED_NOT ? KIDOS_OUTCOME_FAILED_OPEN : KIDOS_OUTCOME_LOGGED;
	return judged == JUDGED_NOT ? KIDOS_OUTCOME_FAILED_CLOSED : KIDOS_OUTCOME_DROPPED;
}

/* Has this CPU reported the source within a second, or too many others in this tick? */
static __always_inline int is_reported(const union kidos_address *source)
{
	__u64 hash = kidos_hash_mix(source->halves[0] ^ source->halves[1] * 0x9e3779b97f4a7c15);
	__u32 index = (hash >> 32 & (KIDOS_POLICY_SEEN - 1)) ?: 1, first = 0;
	struct kidos_policy_seen *seen = bpf_map_lookup_elem(&policy_seen, &index);
	struct kidos_policy_seen *rate = bpf_map_lookup_elem(&policy_seen, &first);
	__u64 tick = bpf_jiffies64();

	if (!seen || !rate ||
	    (seen->source == hash && tick - seen->tick < kidos_config.policy_ticks))
		return 1;
	if (rate->tick != tick)
		*rate = (struct kidos_policy_seen){ .tick = tick };
	if (rate->source == KIDOS_POLICY_RATE)
		return 1;
	rate->source++;
	*seen = (struct kidos_policy_seen){ hash, tick };
	return 0;
}

static __always_inline void report(struct kidos_policy_control *control,
				   const struct kidos_flow_packet *flow, __u32 outcome, __u32 slot)
{
	struct kidos_policy_record *record;

	if (is_reported(&flow->key.src))
		return;
	record = bpf_ringbuf_reserve(&policy_alerts, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&control->lost, 1);
		return;
	}
	record->size = sizeof(*record);
	record->outcome = outcome;
	record->time = bpf_ktime_get_boot_ns();
	record->key = flow->key;
	record->key.meta = (flow->key.meta & ~(KIDOS_META_SLOT_MASK << KIDOS_META_SLOT_SHIFT)) |
			   slot << KIDOS_META_SLOT_SHIFT;
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void count_outcome(__u32 slot, __u32 outcome, __u64 packets)
{
	__u32 index = slot * KIDOS_DIRECTIONS + KIDOS_RX;
	struct kidos_totals *total = bpf_map_lookup_elem(&totals, &index);

	if (total)
		count_own(&total->outcomes[outcome & (KIDOS_OUTCOMES_ROOM - 1)], packets);
}

/* Counts and reports; nonzero: it is to be dropped. */
static __always_inline int settle(const struct kidos_flow_packet *flow, enum judged judged,
				  __u32 slot)
{
	const __u32 zero = 0;
	struct kidos_policy_control *control = bpf_map_lookup_elem(&policy, &zero);
	__u32 outcome;

	if (!control)
		return 0;
	outcome = outcome_of(control, judged, flow->now);
	count_outcome(slot, outcome, flow->packets);
	if (outcome == KIDOS_OUTCOME_LOGGED || outcome == KIDOS_OUTCOME_DROPPED)
		report(control, flow, outcome, slot);
	return outcome == KIDOS_OUTCOME_DROPPED || outcome == KIDOS_OUTCOME_FAILED_CLOSED;
}

static __always_inline void leave_mark(const void *data)
{
	const __u32 zero = 0;
	const void **mark = bpf_map_lookup_elem(&policy_mark, &zero);

	if (mark)
		*mark = data;
}

/* flow, which was counted: its source becomes the one that is refused. */
KIDOS_VERIFIED_ONCE int police_xdp(struct xdp_md *ctx, struct kidos_flow_packet *flow, __u64 of,
				   __u32 marks, __u32 slot)
{
	struct kidos_frame frame;
	enum judged judged;

	if (!kidos_config.policy_room || !flow)
		return 0;
	frame = frame_of_xdp(ctx);
	judged = judge_around(&frame, flow, of, marks, slot);
	if (judged == JUDGED_PERMIT && case_tunnel(of)) {
		struct kidos_packet inner = {};

		if (case_inner(of))
			parse_xdp_inner(ctx, case_inner(of), case_protocol(of), &inner);
		judged = judge_inside(&inner, flow, slot);
	}
	if (judged == JUDGED_REFUSE && may_be_exempt(flow, of) &&
	    is_exempt(ctx, ctx->ingress_ifindex, &frame))
		judged = JUDGED_EXEMPT;
	if (!settle(flow, judged, slot))
		return 0;
	KIDOS_BARRIER(ctx); /* else the compiler adds the offset once for all that read it */
	leave_mark((void *)(long)ctx->data);
	return 1;
}

/* The inner headers, too, may lie outside the linear part. */
static __always_inline void pull_inner(struct __sk_buff *skb, __u32 inner)
{
	skb_fields *fields = skb;
	__u32 linear = fields->data_end - fields->data, wanted = inner + KIDOS_PULL;

	if (wanted > fields->len)
		wanted = fields->len;
	if (linear < wanted)
		bpf_skb_pull_data(skb, wanted);
}

KIDOS_VERIFIED_ONCE int police_skb(struct __sk_buff *skb, struct kidos_flow_packet *flow, __u64 of,
				   __u32 marks, __u32 slot)
{
	struct kidos_frame frame;
	enum judged judged;

	if (!kidos_config.policy_room || !flow)
		return 0;
	if (case_tunnel(of))
		pull_inner(skb, case_inner(of));
	frame = frame_of(skb, case_flags(of));
	judged = judge_around(&frame, flow, of, marks, slot);
	if (judged == JUDGED_PERMIT && case_tunnel(of)) {
		struct kidos_packet inner = {};

		if (case_inner(of))
			parse_skb_inner(skb, case_inner(of), case_protocol(of), &inner);
		judged = judge_inside(&inner, flow, slot);
	}
	if (judged == JUDGED_REFUSE && may_be_exempt(flow, of)) {
		frame = frame_of(skb, case_flags(of));
		if (is_exempt(skb, skb->ifindex, &frame))
			judged = JUDGED_EXEMPT;
	}
	if (!settle(flow, judged, slot))
		return 0;
	KIDOS_BARRIER(skb);
	leave_mark((void *)(long)((skb_fields *)skb)->data);
	return 1;
}

#endif
