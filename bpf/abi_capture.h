/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* abi_capture.h: what the capture programs and the plugin share. */
#ifndef KIDOS_ABI_CAPTURE_H
#define KIDOS_ABI_CAPTURE_H

#include "abi.h"

/*
 * Mirror ports: packets go to AF_XDP sockets, one for each queue. A port's number, from 1 on, is in
 * the flags of its entry in `ports`; its sockets are KIDOS_MIRROR_QUEUES elements of `sockets`.
 */
#define KIDOS_PORT_MIRROR_SHIFT 8
#define KIDOS_PORT_MIRROR_MASK 0xff00u
#define KIDOS_MIRRORS 8
#define KIDOS_MIRROR_QUEUES 32

/* Per CPU: `mirrored`, by number - 1. Seen are all; passed those of a queue without a socket. */
struct kidos_mirrored {
	struct kidos_count seen;
	struct kidos_count passed;
};

/* Copies: what is copied of packets that go their way, one filter each. */
#define KIDOS_COPY_FILTERS 8
#define KIDOS_COPY_ENDS 2

struct kidos_copy_filter {
	__u32 armed; /* else it takes nothing */
	__u32 netns; /* number; with ifindex */
	__u32 ifindex; /* 0: any interface of any namespace */
	__u8 whole; /* as much as KIDOS_COPY_WHOLE, else KIDOS_COPY_HEAD */
	__u8 parsed; /* anything below is asked for */
	__u8 protocol; /* with has_protocol */
	__u8 has_protocol;
	__u16 ports[KIDOS_COPY_ENDS]; /* each is an end's; 0: any */
	__u8 addresses; /* how many are to be an end's */
	__u8 ipv4; /* of the addresses, by bit */
	__u16 pad;
	union kidos_address address[KIDOS_COPY_ENDS];
	union kidos_address mask[KIDOS_COPY_ENDS];
};
_Static_assert(sizeof(struct kidos_copy_filter) == 88, "copy filter");

/* All of them: `copy_filters`. */
struct kidos_copy_filters {
	__u32 count; /* those from here on are not armed */
	__u32 pad;
	struct kidos_copy_filter filters[KIDOS_COPY_FILTERS];
};

/* Per CPU: `copied`, by filter. */
struct kidos_copied {
	struct kidos_count matched;
	__u64 lost; /* of these, for want of room in the ring */
	__u64 pad;
};

/* A record of the ring `copies`: this, and bytes from the packet's first on. */
struct kidos_copy {
	__u64 time; /* CLOCK_BOOTTIME */
	__u32 length; /* on the wire, without a tag in metadata */
	__u32 captured; /* bytes that follow */
	__u32 netns, ifindex;
	__u32 tag; /* protocol << 16 | control of a tag in metadata, or 0 */
	__u16 direction;
	__u16 filters; /* that took it, by bit */
};
_Static_assert(sizeof(struct kidos_copy) == 32, "copy");

struct kidos_copy_config {
	__u32 head, whole; /* bytes, multiples of 8 */
	__u32 ports_mask; /* entries of `ports` - 1 */
	__u32 pad;
};
#define KIDOS_COPY_MAX 65528u

#endif
