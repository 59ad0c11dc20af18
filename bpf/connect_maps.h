/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connect_maps.h: the maps of the connect programs. The plugin sets the room of the records. */
#ifndef KIDOS_CONNECT_MAPS_H
#define KIDOS_CONNECT_MAPS_H

#include "abi_connect.h"

const volatile struct kidos_connect_config connect_config = {
	.room = 1, .readable = 1, .returns = 1, .storage = 1
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_CONNECT_OWNERS);
	__type(key, struct kidos_connect_owner);
	__type(value, struct kidos_connect_counts);
} connect_owners SEC(".maps");

/* A new owner's value: it is too large for the stack. Nothing writes it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_connect_counts);
} connect_zero SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_CONNECT_FAILURES);
	__type(key, struct kidos_connect_failure);
	__type(value, __u64);
} connect_failures SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_CONNECT_PROTOCOLS *KIDOS_CONNECT_ERRNOS);
	__type(key, __u32);
	__type(value, __u64);
} connect_failures_other SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_connect_record);
} connect_records SEC(".maps");

/* Where this CPU's records are. */
struct connect_position {
	__u64 sequence; /* of the newest */
	__u64 busy; /* one is being written: who interrupts that writes none */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connect_position);
} connect_positions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KIDOS_CONNECT_EVENTS);
	__type(key, __u32);
	__type(value, __u64);
} connect_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kidos_connect_trial);
} connect_trial SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_CONNECT_CALLS);
	__type(key, __u32);
	__type(value, struct kidos_connect_attempt);
} connect_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kidos_connect_attempt);
} connect_tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KIDOS_CONNECT_PENDING);
	__type(key, __u64);
	__type(value, struct kidos_connect_attempt);
} connect_pending SEC(".maps");

/* Accepted sockets begin with a copy of the listener's. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct kidos_connect_kept);
} connect_sockets SEC(".maps");

#endif
