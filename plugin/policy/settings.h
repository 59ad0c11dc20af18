/* SPDX-License-Identifier: MIT */
/* settings.h: the block <Policy>. */
#ifndef KIDOS_POLICY_SETTINGS_H
#define KIDOS_POLICY_SETTINGS_H

#include "abi_policy.h"
#include "core/config.h"

enum kidos_policy_action { KIDOS_ACTION_LOG, KIDOS_ACTION_DROP };
extern const char *const kidos_action_names[];

struct kidos_policy_settings {
	bool enabled;
	char file[KIDOS_POLICY_PATH];
	unsigned int action; /* enum kidos_policy_action */
	bool fail_open;
	uint64_t confirm; /* seconds; 0: need not be */
};

extern const struct kidos_block kidos_policy_block;

#endif
