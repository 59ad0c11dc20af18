/* SPDX-License-Identifier: MIT */
#include "capture/maps.h"

#include <linux/bpf.h>

const char *const kidos_capture_stage_names[] = { "none", "opening", "running", "ending", "done" };

const char *const kidos_fate_names[KIDOS_FATES] = {
	[KIDOS_FATE_WRITTEN] = "packets",      [KIDOS_FATE_UNWANTED] = "unwanted",
	[KIDOS_FATE_BEYOND] = "beyond_limits", [KIDOS_FATE_LATE] = "late_interface",
	[KIDOS_FATE_RING] = "lost_ring",       [KIDOS_FATE_CHUNKS] = "lost_slow_disk",
	[KIDOS_FATE_DISK] = "lost_full_disk",
};

static const struct kidos_map_row rows[KIDOS_CAPTURE_MAPS] = {
	[KIDOS_CAPTURE_MAP_RECORDS] = { "packet_records", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
					sizeof(struct kidos_packet_record), KIDOS_PACKET_RECORDS,
					BPF_F_MMAPABLE },
	[KIDOS_CAPTURE_MAP_PAIRS] = { "packet_pairs", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				      sizeof(struct kidos_pair), KIDOS_PAIRS, BPF_F_MMAPABLE },
	[KIDOS_CAPTURE_MAP_STATE] = { "capture_state", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				      sizeof(struct kidos_capture_state), 1 },
	[KIDOS_CAPTURE_MAP_ROWS] = { "captures", BPF_MAP_TYPE_ARRAY, sizeof(__u32),
				     sizeof(struct kidos_capture_row), KIDOS_CAPTURE_ROWS },
};
const struct kidos_map_set kidos_capture_map_set = KIDOS_MAP_SET(rows);
