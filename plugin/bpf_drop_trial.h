/* SPDX-License-Identifier: MIT */
/* bpf_drop_trial.h: does an attached drop program see a drop? */
#ifndef KIDOS_BPF_DROP_TRIAL_H
#define KIDOS_BPF_DROP_TRIAL_H

#include "bpf_drop_maps.h"

/*
 * Has the kernel drop a message of this thread, which the programs count in
 * `drop_trial` only. 0, -ENODATA when it was not seen, or -errno.
 */
int kidos_drop_trial(const struct kidos_drop_maps *maps);

#endif
