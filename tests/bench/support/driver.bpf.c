/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A test run repeats one packet; a measurement needs many flows. The driver
 * gives the packet the source of another flow each time and tail-calls the
 * program under test, unmodified. What the driver costs is measured with the
 * empty program in its place.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "driver.h"

const volatile struct driver_config config;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DRIVER_CPUS);
	__type(key, __u32);
	__type(value, struct driver_state);
} states SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

static __always_inline __u32 next_flow(struct driver_state *state)
{
	__u64 x = state->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	state->random = x;
	state->packets++;
	if ((__u32)x < state->fresh)
		return state->next++;
	return ((x >> 32) * state->flows) >> 32;
}

#define TEN 0x0a000000 /* 10.0.0.0 */
#define MESH 1024
#define POOL 16

static __always_inline void write_flow(__u32 flow, __be32 *source, __be32 *destination,
				       __be16 *port)
{
	switch (config.shape) {
	case SHAPE_SOURCES:
		*source = bpf_htonl(TEN + flow);
		break;
	case SHAPE_MESH:
		*source = bpf_htonl(TEN + flow / MESH);
		*destination = bpf_htonl(TEN + flow % MESH);
		break;
	case SHAPE_NAT:
		*source = bpf_htonl(TEN + flow % POOL);
		*port = bpf_htons(flow / POOL);
		break;
	default:
		/* an odd factor: a permutation, so that neighbours are far apart */
		*source = flow * 0x9e3779b1;
		*port = bpf_htons(1024 + (flow & 0x7fff));
	}
}

static __always_inline void drive(void *data, void *data_end)
{
	__u32 cpu = bpf_get_smp_processor_id(), flow;
	struct driver_state *state = bpf_map_lookup_elem(&states, &cpu);
	__be32 *source = data + config.source_at, *destination = data + config.destination_at;
	__be16 *port = data + config.port_at;

	if (!state || (void *)(source + 1) > data_end || (void *)(destination + 1) > data_end ||
	    (void *)(port + 1) > data_end)
		return;
	flow = next_flow(state);
	write_flow(flow, source, destination, port);
}

SEC("xdp")
int drive_xdp(struct xdp_md *ctx)
{
	drive((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

SEC("tc")
int drive_tc(struct __sk_buff *skb)
{
	drive((void *)(long)skb->data, (void *)(long)skb->data_end);
	bpf_tail_call(skb, &target, 0);
	return TC_ACT_OK;
}

SEC("xdp")
int empty_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("tc")
int empty_tc(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
