/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sends each frame of a live test run (kernel 5.18) out of an interface, with
 * the source of a random flow. Pages come back with what they last carried,
 * so every field that varies is written every time.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "generator.h"

const volatile struct generator_config config;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GENERATOR_CPUS);
	__type(key, __u32);
	__type(value, struct generator_state);
} states SEC(".maps");

static __always_inline __u32 next_flow(struct generator_state *state)
{
	__u64 x = state->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	state->random = x;
	return ((x >> 32) * config.flows) >> 32;
}

static __always_inline void set_source(struct iphdr *ip, struct udphdr *udp, __u32 flow)
{
	const __u32 source = config.source + flow;
	__u32 sum = config.sum + (source >> 16) + (source & 0xffff);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->saddr = bpf_htonl(source);
	ip->check = bpf_htons(~sum);
	udp->source = bpf_htons(1024 + (flow & 0x7fff));
	udp->check = 0;
}

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 cpu = bpf_get_smp_processor_id();
	struct generator_state *state = bpf_map_lookup_elem(&states, &cpu);

	if (!state || !state->left || (void *)(udp + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	state->left--;
	state->sent++;
	set_source(ip, udp, next_flow(state));
	return bpf_redirect(config.ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
