/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* drop_maps.h: the maps of the drop programs. The plugin sets the room of the records. */
#ifndef KIDOS_DROP_MAPS_H
#define KIDOS_DROP_MAPS_H

#include "abi_alert.h"

const volatile struct kidos_drop_config drop_config = { .room = 1, .headers = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_DROP_KEYS);
	__type(key, struct kidos_drop_key);
	__type(value, __u64);
} drop_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_CLASSES);
	__type(key, __u32);
	__type(value, __u64);
} drop_other SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_drop_record);
} drop_records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_drop_position);
} drop_positions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_DROP_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} drop_reasons SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_drop_trial);
} drop_trial SEC(".maps");

/* The traffic programs' (police.h). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} policy_mark SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KIDOS_DROP_OWNERS);
	__type(key, struct kidos_owner_key);
	__type(value, struct kidos_owner_process);
} drop_owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, KIDOS_ALERT_RING);
} alerts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} alerts_lost SEC(".maps");

#endif
