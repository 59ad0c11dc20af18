/* SPDX-License-Identifier: MIT */
/* settings.h: what the block <Capture> sets. */
#ifndef KIDOS_CAPTURE_SETTINGS_H
#define KIDOS_CAPTURE_SETTINGS_H

#include "core/config.h"

struct kidos_capture_settings {
	bool enabled;
	struct kidos_strings interfaces; /* mirror ports */
	char netns[KIDOS_NETNS_NAME]; /* that they are in */
	char directory[PATH_MAX / 2];
	uint64_t snap, evidence_snap; /* bytes */
	struct kidos_strings on; /* kinds of alerts */
	uint64_t packets, bytes, seconds; /* of an alert's capture */
	uint64_t captures; /* at once */
	uint64_t rotate_bytes, rotate_seconds, files;
	uint64_t max_bytes; /* of the folder */
};

extern const struct kidos_block kidos_capture_block;

#endif
