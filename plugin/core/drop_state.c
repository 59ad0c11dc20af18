/* SPDX-License-Identifier: MIT */
#include "drop_state.h"

#define NO_REASON "reasons, and the socket that a packet was on its way to"
#define KPROBE "lists freed at once and net_tx_action (since 6.3), and misses before 6.7"

const struct kidos_drop_rung kidos_drop_rungs[] = {
	{ "tp_btf_socket", "drop_btf_socket", false, "kernel BTF, tracepoint with rx_sk (6.11)",
	  "" },
	{ "tp_btf_reason", "drop_btf_reason", false, "kernel BTF, tracepoint with a reason (5.17)",
	  "the socket that a packet was on its way to" },
	{ "tp_btf", "drop_btf", false, "kernel BTF", NO_REASON },
	{ "raw_tp_socket", "drop_raw_socket", true, "BTF for libbpf, tracepoint with rx_sk (6.11)",
	  "" },
	{ "raw_tp_reason", "drop_raw_reason", true,
	  "BTF for libbpf, tracepoint with a reason (5.17)",
	  "the socket that a packet was on its way to" },
	{ "raw_tp", "drop_raw", true, "BTF for libbpf", NO_REASON },
	{ "sk_skb_reason_drop", "drop_kprobe_socket", true, "kprobes, kernel 6.11", KPROBE },
	{ "kfree_skb_reason", "drop_kprobe_reason", true, "kprobes, kernel 5.17 to 6.10",
	  KPROBE "; the socket that a packet was on its way to" },
	{ "kfree_skb", "drop_kprobe", true, "kprobes, kernel before 5.17", KPROBE "; " NO_REASON },
};
const size_t kidos_drop_rung_count = sizeof(kidos_drop_rungs) / sizeof(kidos_drop_rungs[0]);

const char *const kidos_drop_probe_names[] = {
	"auto",
	"tp_btf_socket",
	"tp_btf_reason",
	"tp_btf",
	"raw_tp_socket",
	"raw_tp_reason",
	"raw_tp",
	"sk_skb_reason_drop",
	"kfree_skb_reason",
	"kfree_skb",
	NULL,
};

const char kidos_drop_blind[] =
	"losses before there is a packet: what the interface tells of them is place driver";
