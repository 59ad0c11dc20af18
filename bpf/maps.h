/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * maps.h: the maps of the traffic programs. Sizes here are those of an object
 * loaded as it is; the plugin sets its own before load.
 */
#ifndef KIDOS_MAPS_H
#define KIDOS_MAPS_H

#include "abi.h"
#include "entry.h"
#include "port.h"

#define KIDOS_DEFAULT_SETS (1u << 18) /* 2^21 entries */
#define KIDOS_DEFAULT_SLOTS 65 /* 64 interfaces and the rest */

const volatile struct kidos_traffic_config kidos_config = {
	.seed = { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
		    0x082efa98, 0xec4e6c89, 0x452821e6, 0x38d01377 },
		  { { 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03, 0xabc98388fb8fac03 },
		    { 0x8cb92ba72f3d8dd7, 0xe7037ed1a0b428db, 0xbe5466cf34e90c6c },
		    { 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917, 0x9216d5d98979fb1b } } },
	.set_mask = KIDOS_DEFAULT_SETS - 1,
	.idle = 15000, /* 60 s at 250 ticks a second */
	.slots = KIDOS_DEFAULT_SLOTS,
	.ports_mask = KIDOS_DEFAULT_PORTS - 1,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KIDOS_DEFAULT_SLOTS *KIDOS_DIRECTIONS);
	__type(key, __u32);
	__type(value, struct kidos_totals);
} totals SEC(".maps");

/* First half: the programs'. Second half: the plugin's, whose writes are not atomic. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * KIDOS_DEFAULT_SLOTS * KIDOS_DIRECTIONS);
	__type(key, __u32);
	__type(value, struct kidos_retired);
} retired SEC(".maps");

#ifdef KIDOS_BASELINE
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_DEFAULT_SETS *KIDOS_WAYS / 2);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct kidos_flow_key);
	__type(value, struct kidos_flow_baseline);
} flows SEC(".maps");

/* While the reader removes entries: those whose last packet came before this time. 0: none. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} closing SEC(".maps");
#else
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_DEFAULT_SETS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kidos_flow_set);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_DEFAULT_SETS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct kidos_detail_set);
} details SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, KIDOS_SPILL_RING);
} spills SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_spilling);
} spilling SEC(".maps");
#endif
#endif
