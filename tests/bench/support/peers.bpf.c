/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What most flow exporters do, as well as it can be done: a kernel hash map
 * (PEER_MAP: per CPU or shared), preallocated, the 40-byte key of kidos, a
 * 40-byte value and the least IPv4 parser. Per-CPU values are added to
 * plainly, shared ones atomically.
 *
 * PEER_LIMIT: what no flow table can be below: the same parser, then one atomic
 * add to the cache line of 128 MB that the flow's addresses and ports choose.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/in.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi.h"
#include "peers.h"

#ifndef PEER_LIMIT
#define PER_CPU (PEER_MAP == BPF_MAP_TYPE_PERCPU_HASH)

#endif

const volatile bool coarse_clock;

#ifdef PEER_LIMIT
struct line {
	__u64 packets;
	__u64 pad[7];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PEER_FLOWS);
	__type(key, __u32);
	__type(value, struct line);
} lines SEC(".maps");
#else
struct {
	__uint(type, PEER_MAP);
	__uint(max_entries, PEER_FLOWS);
	__type(key, struct kidos_flow_key);
	__type(value, struct peer_flow);
} flows SEC(".maps");
#endif

/* Packets that found no room. */
__u64 lost;

static __always_inline bool parse_key(void *data, void *data_end, struct kidos_flow_key *key)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__be16 *ports;

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl < 5)
		return false;
	key->src.words[2] = key->dst.words[2] = bpf_htonl(0xffff);
	key->src.words[3] = ip->saddr;
	key->dst.words[3] = ip->daddr;
	key->meta = KIDOS_META_IPV4 | ip->protocol;
	ports = (void *)ip + ip->ihl * 4;
	if ((ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) &&
	    (void *)(ports + 2) <= data_end) {
		key->sport = bpf_ntohs(ports[0]);
		key->dport = bpf_ntohs(ports[1]);
	}
	return true;
}

#ifdef PEER_LIMIT
static __always_inline void count(const struct kidos_flow_key *key, __u64 bytes)
{
	__u64 words = (__u64)key->src.words[3] << 32 | key->dst.words[3];
	__u32 index;
	struct line *line;

	words ^= (__u64)key->sport << 16 ^ key->dport;
	words *= 0x9e3779b97f4a7c15; /* 2^64 / golden ratio */
	index = (words ^ words >> 29) * 0x9e3779b97f4a7c15 >> 43; /* 21 bits */
	line = bpf_map_lookup_elem(&lines, &index);
	if (line)
		__sync_fetch_and_add(&line->packets, 1);
	else
		__sync_fetch_and_add(&lost, 1);
}
#else
static __always_inline void add(struct peer_flow *flow, __u64 bytes, __u64 now)
{
	if (PER_CPU) {
		flow->packets++;
		flow->bytes += bytes;
	} else {
		__sync_fetch_and_add(&flow->packets, 1);
		__sync_fetch_and_add(&flow->bytes, bytes);
	}
	flow->last = now;
}

static __always_inline void count(const struct kidos_flow_key *key, __u64 bytes)
{
	__u64 now = coarse_clock ? bpf_ktime_get_coarse_ns() : bpf_ktime_get_ns();
	struct peer_flow *flow = bpf_map_lookup_elem(&flows, key);

	if (!flow) {
		struct peer_flow first = {
			.packets = 1, .bytes = bytes, .first = now, .last = now
		};

		if (!bpf_map_update_elem(&flows, key, &first, BPF_NOEXIST))
			return;
		/* another CPU was faster, or the map is full */
		flow = bpf_map_lookup_elem(&flows, key);
	}
	if (flow)
		add(flow, bytes, now);
	else
		__sync_fetch_and_add(&lost, 1);
}

#endif

SEC("xdp")
int peer_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct kidos_flow_key key = {};

	if (parse_key(data, data_end, &key))
		count(&key, data_end - data);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
