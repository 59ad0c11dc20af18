/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* driver.h: what the driver programs and the harness share. */
#ifndef KIDOS_BENCH_DRIVER_H
#define KIDOS_BENCH_DRIVER_H

#include <linux/types.h>

#define DRIVER_CPUS 64

/* Where the frame says who sent it. */
struct driver_config {
	__u32 source_at; /* last four bytes of the source address */
	__u32 port_at;
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
