/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * drop_probes.h: the rungs that read kernel memory by helper: the tracepoint
 * without BTF types, and kprobes on what frees a dropped packet. A kprobe sees
 * every release of a reference: only the last one is a drop.
 */
#ifndef KIDOS_DROP_PROBES_H
#define KIDOS_DROP_PROBES_H

static __always_inline int trace_drop(struct sk_buff *skb, struct sock *rx_sk, __u64 place,
				      __u32 reason)
{
	struct drop_event event = { .skb = skb, .sk = rx_sk, .place = place, .reason = reason };

	return handle(&event);
}

SEC("raw_tp/kfree_skb")
int drop_raw_socket(__u64 *ctx)
{
	return is_drop((__u32)ctx[2])
		       ? trace_drop((void *)ctx[0], (void *)ctx[3], ctx[1], (__u32)ctx[2])
		       : 0;
}

SEC("raw_tp/kfree_skb")
int drop_raw_reason(__u64 *ctx)
{
	return is_drop((__u32)ctx[2]) ? trace_drop((void *)ctx[0], NULL, ctx[1], (__u32)ctx[2]) : 0;
}

SEC("raw_tp/kfree_skb")
int drop_raw(__u64 *ctx)
{
	return trace_drop((void *)ctx[0], NULL, ctx[1], KIDOS_REASON_UNKNOWN);
}

/* Of a function at its entry: x86 has the return address on the stack, arm64 in a register. */
static __always_inline __u64 caller_of(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_arm64)
	return PT_REGS_RET(ctx);
#else
	__u64 place = 0;

	bpf_probe_read_kernel(&place, sizeof(place), (const void *)PT_REGS_SP(ctx));
	return place;
#endif
}

static __always_inline int probe_drop(struct pt_regs *ctx, struct sk_buff *skb, struct sock *rx_sk,
				      __u32 reason)
{
	if (GET(skb, users.refs.counter) != 1)
		return 0;
	return trace_drop(skb, rx_sk, caller_of(ctx), reason);
}

/* Since 6.11: (sk, skb, reason) */
SEC("kprobe/sk_skb_reason_drop")
int drop_kprobe_socket(struct pt_regs *ctx)
{
	__u32 reason = (__u32)PT_REGS_PARM3(ctx);

	return is_drop(reason) ? probe_drop(ctx, (void *)PT_REGS_PARM2(ctx),
					    (void *)PT_REGS_PARM1(ctx), reason)
			       : 0;
}

/* 5.17 to 6.10: (skb, reason) */
SEC("kprobe/kfree_skb_reason")
int drop_kprobe_reason(struct pt_regs *ctx)
{
	__u32 reason = (__u32)PT_REGS_PARM2(ctx);

	return is_drop(reason) ? probe_drop(ctx, (void *)PT_REGS_PARM1(ctx), NULL, reason) : 0;
}

/* Before 5.17: (skb) */
SEC("kprobe/kfree_skb")
int drop_kprobe(struct pt_regs *ctx)
{
	return probe_drop(ctx, (void *)PT_REGS_PARM1(ctx), NULL, KIDOS_REASON_UNKNOWN);
}

#endif
