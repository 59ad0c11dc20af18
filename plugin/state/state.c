/* SPDX-License-Identifier: MIT */
#include "state/state.h"

const char *const kidos_rung_names[KIDOS_RUNGS] = {
	"none", "xdp-native", "xdp-generic", "xdp-hw",
	"tcx",  "clsact",     "xdp-shared",  "xdp-shared-generic",
};

const char *const kidos_slot_state_names[] = { "unused", "waiting", "attached", "failed" };
