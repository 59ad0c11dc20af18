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
	/*
	 * No time in front of the frame: a program that moves its data replaces no
	 * function of libxdp's dispatcher (kernel 6.13), so that nothing could be shared.
	 */
	if (queue < KIDOS_MIRROR_QUEUES)
		verdict = bpf_redirect_map(&sockets, index * KIDOS_MIRROR_QUEUES + queue, XDP_PASS);
	count_own(&count->seen.packets, 1);
	count_own(&count->seen.bytes, length);
	if (verdict != XDP_REDIRECT) {
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
