/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* generator.h: what xdp-generator and its BPF program share. */
#ifndef KIDOS_TEST_GENERATOR_H
#define KIDOS_TEST_GENERATOR_H

#include <linux/types.h>

#define GENERATOR_CPUS 64

/* One per CPU, alone in its cache lines. */
struct generator_state {
	__u64 random; /* xorshift64, never 0 */
	__u64 left; /* frames still to send */
	__u64 sent;
	__u64 pad[13];
};
_Static_assert(sizeof(struct generator_state) == 128, "two cache lines");

struct generator_config {
	__u32 ifindex;
	__u32 flows;
	__u32 source; /* of flow 0, host order */
	__u32 sum; /* of the IPv4 header without source and checksum */
};

#endif
