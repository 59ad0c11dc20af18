/* SPDX-License-Identifier: MIT */
/* settings.h: the block <Drops>. */
#ifndef KIDOS_DROPS_SETTINGS_H
#define KIDOS_DROPS_SETTINGS_H

#include "core/config.h"

struct kidos_drop_settings {
	bool enabled;
	unsigned int probe; /* index of kidos_drop_probe_names */
	struct kidos_strings ignore_reasons;
	struct kidos_strings ignore_places;
	uint64_t learn_time; /* seconds */
	uint64_t drop_share; /* percent of an interface's packets; 0: no alert */
};

extern const struct kidos_block kidos_drop_block;

#endif
