/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* peers.h: the value of the hash maps that kidos is measured against. */
#ifndef KIDOS_BENCH_PEERS_H
#define KIDOS_BENCH_PEERS_H

#include <linux/types.h>

#define PEER_FLOWS (1u << 21)

struct peer_flow {
	__u64 packets;
	__u64 bytes;
	__u64 first; /* ns */
	__u64 last;
	__u64 flags;
};
_Static_assert(sizeof(struct peer_flow) == 40, "peer flow");

#endif
