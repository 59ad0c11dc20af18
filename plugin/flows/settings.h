/* SPDX-License-Identifier: MIT */
/* settings.h: the block <Flows>. */
#ifndef KIDOS_FLOWS_SETTINGS_H
#define KIDOS_FLOWS_SETTINGS_H

#include "core/config.h"

#define KIDOS_GROUPS_MAX 64

enum kidos_series_by {
	KIDOS_SERIES_PREFIX,
	KIDOS_SERIES_FIVE_TUPLE,
	KIDOS_SERIES_GROUP,
};

struct kidos_flow_settings {
	bool enabled;
	uint64_t max_flows;
	uint64_t idle_timeout; /* seconds */
	bool inner;
	uint64_t top_flows; /* per interface and poll */
	unsigned int flow_key; /* enum kidos_series_by */
	struct kidos_strings groups; /* prefixes as text */
	struct kidos_prefix_lengths group_prefix;
	uint64_t max_flow_series;
};

extern const struct kidos_block kidos_flow_block;

#endif
