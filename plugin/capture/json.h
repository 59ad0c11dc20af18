/* SPDX-License-Identifier: MIT */
#ifndef KIDOS_CAPTURE_JSON_H
#define KIDOS_CAPTURE_JSON_H

#include "capture/ctl.h"

void json_captures_print(const struct ctl_state *state, const int maps[KIDOS_CAPTURE_MAPS],
			 const struct kidos_capture_row *rows, size_t count);

/* What `packets` shows. */
struct ctl_packets {
	struct kidos_capture_state state;
	struct kidos_packet_record *records; /* newest first */
	size_t record_count;
	struct kidos_pair *pairs; /* most first */
	size_t pair_count, pairs_known;
};
void json_packets_print(const struct ctl_state *state, const struct ctl_packets *packets);

#endif
