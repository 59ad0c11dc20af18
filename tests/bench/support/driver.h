/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* driver.h: what the driver programs and the harness share. */
#ifndef KIDOS_BENCH_DRIVER_H
#define KIDOS_BENCH_DRIVER_H

#include <linux/types.h>

#define DRIVER_CPUS 64

/* What tells one flow from the next. */
enum driver_shape {
	SHAPE_RANDOM, /* source address and port, neighbours far apart */
	SHAPE_SOURCES, /* sources in a row, as a scan or a spoofed flood has them */
	SHAPE_MESH, /* 1,024 hosts in a row with each other */
	SHAPE_NAT, /* 16 addresses in a row and their ports */
};

/* Where the frame says who sent it, and to whom. */
struct driver_config {
	__u32 source_at; /* last four bytes of the source address */
	__u32 destination_at; /* ... and of the destination */
	__u32 port_at;
	__u32 shape; /* enum driver_shape */
};

/*
 * Which flows a CPU sends: of 2^32 packets `fresh` are of the flow `next`,
 * which then grows by one; the rest are of random flows below `flows`.
 */
struct driver_state {
	__u64 random; /* xorshift64, never 0 */
	__u64 flows;
	__u64 fresh;
	__u64 next;
	__u64 packets; /* sent so far */
	__u64 pad[11];
};
_Static_assert(sizeof(struct driver_state) == 128, "two cache lines");

#endif
