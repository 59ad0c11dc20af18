/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Raises one alert each run, with a reason of its own, and counts those that found the ring full.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "abi_alert.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} alerts SEC(".maps");

__u32 raised, lost;

SEC("tc")
int raise_alert(struct __sk_buff *skb)
{
	struct kidos_alert_record record = {
		.size = sizeof(record),
		.source = KIDOS_ALERT_DROP_REASON,
		.drop = { .time = bpf_ktime_get_boot_ns(), .reason = raised },
	};

	raised++;
	if (bpf_ringbuf_output(&alerts, &record, sizeof(record), 0))
		lost++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
