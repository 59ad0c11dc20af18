/* SPDX-License-Identifier: MIT */
/* trial.h: what a file would have done to the flows of the table. */
#ifndef KIDOS_POLICY_TRIAL_H
#define KIDOS_POLICY_TRIAL_H

#include "policy/file.h"
#include "policy/sources.h"

struct kidos_trial_sum {
	uint64_t sources, flows, packets, bytes;
};

struct kidos_trial {
	struct kidos_trial_sum all[KIDOS_SLOTS_MAX], refused[KIDOS_SLOTS_MAX]; /* by slot */
	struct kidos_source *worst; /* sources that are refused, most packets first */
	size_t count;
};

/* 0 or -errno; free it either way. Sources inside tunnels are not in the table. */
int kidos_trial_run(struct kidos_trial *trial, const struct kidos_policy_file *file,
		    const struct kidos_sources *sources, const struct kidos_slot *slots,
		    size_t slot_count);
void kidos_trial_free(struct kidos_trial *trial);

#endif
