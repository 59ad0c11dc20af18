/* SPDX-License-Identifier: MIT */
/*
 * state.h: what the plugin shows kidosctl in pinned maps. Layouts belong
 * to KIDOS_ABI_VERSION like those of abi.h; both readers are on this machine.
 */
#ifndef KIDOS_STATE_STATE_H
#define KIDOS_STATE_STATE_H

#include "abi.h"
#include "core/config.h"
#include "core/privacy.h"

/* Where a direction of an interface is counted; order and names: kidos_rung_names. */
enum kidos_rung {
	KIDOS_RUNG_NONE,
	KIDOS_RUNG_XDP_NATIVE,
	KIDOS_RUNG_XDP_GENERIC,
	KIDOS_RUNG_XDP_HW,
	KIDOS_RUNG_TCX,
	KIDOS_RUNG_CLSACT,
	KIDOS_RUNG_XDP_SHARED, /* native, by libxdp */
	KIDOS_RUNG_XDP_SHARED_GENERIC,
	KIDOS_RUNGS
};
extern const char *const kidos_rung_names[KIDOS_RUNGS];

enum kidos_slot_state {
	KIDOS_SLOT_UNUSED,
	KIDOS_SLOT_WAITING, /* the interface does not exist (any more) */
	KIDOS_SLOT_ATTACHED,
	KIDOS_SLOT_FAILED, /* it exists, and no rung would do: reason says why */
};
extern const char *const kidos_slot_state_names[];

struct kidos_slot {
	char netns[KIDOS_NETNS_NAME];
	char name[IF_NAMESIZE];
	char report[64];
	char reason[192]; /* of the choice of rungs, or of the failure */
	__u32 ifindex;
	__u32 state; /* enum kidos_slot_state */
	__u32 rung[KIDOS_DIRECTIONS]; /* enum kidos_rung */
	__u32 exact; /* counts equal what the interface counts */
	__u32 has_device;
	__u32 mirror;
	__u32 made_clsact; /* the qdisc is ours to remove */
	__u32 program[KIDOS_DIRECTIONS]; /* id; with clsact, how a crashed owner's filter is known
					  */
	__u32 priority[KIDOS_DIRECTIONS]; /* of the clsact filter */
	__u32 measured[KIDOS_DIRECTIONS]; /* unaccounted is of the last poll, else not known */
	__u64 unaccounted[KIDOS_DIRECTIONS]; /* packets */
	__u64 unaccounted_bytes[KIDOS_DIRECTIONS];
	__u32 bytes_compared; /* the driver's rule for bytes is known */
	__u32 silent; /* polls since the interface's slot became reusable */
	__u64 gone_ns; /* CLOCK_MONOTONIC when it went, 0: it is there, or never was */
	__u64 pad[7];
};
_Static_assert(sizeof(struct kidos_slot) == 496, "slot");
_Static_assert(offsetof(struct kidos_slot, unaccounted) == 392, "slot");
_Static_assert(offsetof(struct kidos_slot, gone_ns) == 432, "slot");

struct kidos_meta {
	__u32 abi;
	__u32 pid;
	__u32 set_mask;
	__u32 idle; /* kidos time units */
	__u32 baseline; /* the flow table is a kernel hash map */
	__u32 slots;
	__u32 ports_mask;
	__u32 inner; /* tunnels are counted as what they carry */
	__u32 time_shift; /* of kidos_traffic_config */
	__u32 policy_room; /* likewise */
	struct kidos_privacy privacy;
	__u32 sizes; /* those of packets are kept, in details */
	__u64 unit_ns; /* one kidos time unit */
	__s64 time_origin_ns; /* CLOCK_MONOTONIC when the units were 0, modulo 2^32 units */
	__u64 max_flows;
	__u64 memory; /* bytes planned */
	__u64 interval_ns;
	__u64 started_ns; /* CLOCK_REALTIME */
	__u64 last_poll_ns; /* CLOCK_REALTIME, 0 before the first */
	__u64 poll_cost_ns; /* of the last one, wall time */
	__u64 poll_cpu_ns;
	__u64 flows_active;
	char version[32];
};
_Static_assert(sizeof(struct kidos_meta) == 160, "meta");
_Static_assert(offsetof(struct kidos_meta, unit_ns) == 48, "meta");
_Static_assert(offsetof(struct kidos_meta, version) == 128, "meta");

#endif
