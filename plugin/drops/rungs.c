/* SPDX-License-Identifier: MIT */
#include "drops/rungs.h"

#define NO_SOCKET "the socket that a packet was on its way to"
#define NO_REASON "reasons, and " NO_SOCKET
#define KPROBE "lists freed at once and net_tx_action (since 6.3), and drops while a probe runs"

const struct kidos_drop_rung kidos_drop_rungs[] = {
	/* The tracepoint, by the kernel's BTF: with rx_sk (6.11), with a reason (5.17). */
	{ "tp_btf_socket", "drop_btf_socket", false, "" },
	{ "tp_btf_reason", "drop_btf_reason", false, NO_SOCKET },
	{ "tp_btf", "drop_btf", false, NO_REASON },
	/* The same where libbpf alone has BTF. */
	{ "raw_tp_socket", "drop_raw_socket", true, "" },
	{ "raw_tp_reason", "drop_raw_reason", true, NO_SOCKET },
	{ "raw_tp", "drop_raw", true, NO_REASON },
	/* Kernel 6.11; 5.17 to 6.10; before. */
	{ "sk_skb_reason_drop", "drop_kprobe_socket", true, KPROBE },
	{ "kfree_skb_reason", "drop_kprobe_reason", true, KPROBE "; " NO_SOCKET },
	{ "kfree_skb", "drop_kprobe", true, KPROBE "; " NO_REASON },
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
	"losses before there is a packet: what the interface counts of them is place driver";
