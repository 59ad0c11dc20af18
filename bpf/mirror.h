/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * mirror.h: packets of a mirror port, which are copies and nobody's, go to the AF_XDP socket of
 * their queue once they are counted. A port is one by a flag of its entry.
 */
#ifndef KIDOS_MIRROR_H
#define KIDOS_MIRROR_H

#include "abi_capture.h"
#include "frame.h"

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, KIDOS_MIRRORS *KIDOS_MIRROR_QUEUES);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KIDOS_MIRRORS);
	__type(key, __u32);
	__type(value, struct kidos_mirrored);
} mirrored SEC(".maps");

/* Leaves the time in front of the frame. Some drivers have no room there: then there is none. */
static __always_inline void stamp_frame(struct xdp_md *ctx)
{
	struct kidos_mirror_stamp *stamp;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*stamp)))
		return;
	stamp = (void *)(long)ctx->data_meta;
	if ((void *)(stamp + 1) > (void *)(long)ctx->data)
		return;
	stamp->mark = KIDOS_MIRROR_MARK;
	stamp->time = bpf_ktime_get_boot_ns();
}

/*
 * mirror: its number. XDP_REDIRECT to a socket, XDP_PASS where the queue has none. A function that
 * any kernel verifies once, and not after each outcome of what counts.
 */
__noinline int redirect_mirrored(struct xdp_md *ctx, __u32 mirror, __u32 length)
{
	__u32 queue = ctx->rx_queue_index, index = mirror - 1;
	struct kidos_mirrored *count = bpf_map_lookup_elem(&mirrored, &index);
	int verdict = XDP_PASS;

	if (!count)
		return XDP_PASS;
	if (queue < KIDOS_MIRROR_QUEUES) {
		stamp_frame(ctx);
		verdict = bpf_redirect_map(&sockets, index * KIDOS_MIRROR_QUEUES + queue, XDP_PASS);
	}
	count_own(&count->seen.packets, 1);
	count_own(&count->seen.bytes, length);
	if (verdict != XDP_REDIRECT) {
		/* A stamp would keep the packet from GRO. */
		bpf_xdp_adjust_meta(ctx, sizeof(struct kidos_mirror_stamp));
		count_own(&count->passed.packets, 1);
		count_own(&count->passed.bytes, length);
	}
	return verdict;
}

/* The verdict of a packet that passes: flags are its port's. */
static __always_inline int to_socket(struct xdp_md *ctx, __u32 flags, __u32 length)
{
	__u32 mirror = (flags & KIDOS_PORT_MIRROR_MASK) >> KIDOS_PORT_MIRROR_SHIFT;

	return kidos_likely(!mirror) ? XDP_PASS : redirect_mirrored(ctx, mirror, length);
}

#endif
