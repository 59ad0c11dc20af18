/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* retire.h: what no entry of the flow table holds, so that entries + retired = totals. */
#ifndef KIDOS_RETIRE_H
#define KIDOS_RETIRE_H

#include "maps.h"

static __always_inline void retire(__u32 slot, __u32 direction, __u32 class, __u64 packets,
				   __u64 bytes)
{
	__u32 index = slot * KIDOS_DIRECTIONS + direction;
	struct kidos_retired *cell = bpf_map_lookup_elem(&retired, &index);

	if (!cell || class >= KIDOS_CLASSES)
		return;
	__sync_fetch_and_add(&cell->classes[class].packets, packets);
	__sync_fetch_and_add(&cell->classes[class].bytes, bytes);
}
#endif
