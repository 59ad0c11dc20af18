/* SPDX-License-Identifier: MIT */
/*
 * parse [REPEAT]: what a parse costs at XDP, in ns per packet over an
 * empty program: medians of nine test runs of REPEAT packets, taken in turn
 * with the empty program's, for the machine's speed changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include "parse_run.h"

#define RUNS 9

static const struct {
	const char *name;
	const char *frame;
} frames[] = {
	{ "ipv4 tcp", "eth ip4 tcp data(6)" },
	{ "ipv4 udp", "eth ip4 udp data(18)" },
	{ "ipv4 options tcp", "eth ip4(ihl=8) tcp" },
	{ "ipv6 tcp", "eth ip6 tcp" },
	{ "ipv6 udp", "eth ip6 udp" },
	{ "ipv6 hop-by-hop icmpv6", "eth ip6 hbh icmp6" },
	{ "vlan ipv4 tcp", "eth vlan(id=5) ip4 tcp" },
	{ "two vlans ipv6 tcp", "eth svlan(id=5) vlan(id=6) ip6 tcp" },
	{ "ipv4 icmp", "eth ip4 icmp data(48)" },
	{ "ipv4 later fragment", "eth ip4(frag=100,proto=17) data(26)" },
	{ "vxlan", "eth ip4 udp vxlan eth ip4 tcp" },
	{ "arp", "eth arp pad(18)" },
};

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int measure(struct parse_run *run, const char *text, __u32 repeat, int medians[2])
{
	struct parse_frame frame;
	struct kidos_frame view;
	int ns[2][RUNS];

	if (parse_build(text, &frame))
		return -1;
	view = parse_view(&frame, frame.bytes);
	for (int i = 0; i < RUNS; i++)
		for (int empty = 0; empty < 2; empty++) {
			ns[empty][i] = parse_run_bench(run, empty, &view, repeat);
			if (ns[empty][i] < 0)
				return -1;
		}
	for (int empty = 0; empty < 2; empty++) {
		qsort(ns[empty], RUNS, sizeof(int), by_value);
		medians[empty] = ns[empty][RUNS / 2];
	}
	return 0;
}

int main(int argc, char **argv)
{
	__u32 repeat = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000;
	struct parse_run *run = parse_run_create();
	int medians[2], status = run ? 0 : 1;

	printf("%-24s %5s %6s %5s  ns per packet\n", "frame", "empty", "parsed", "parse");
	for (size_t i = 0; !status && i < sizeof(frames) / sizeof(frames[0]); i++) {
		status = measure(run, frames[i].frame, repeat, medians) ? 1 : 0;
		if (!status)
			printf("%-24s %5d %6d %5d\n", frames[i].name, medians[1], medians[0],
			       medians[0] - medians[1]);
	}
	parse_run_destroy(run);
	return status;
}
