/* SPDX-License-Identifier: MIT */
/* trial.h: does an attached drop program see a drop? */
#ifndef KIDOS_DROPS_TRIAL_H
#define KIDOS_DROPS_TRIAL_H

#include "drops/maps.h"

/*
 * Has the kernel drop a message of this thread, which the programs count in
 * `drop_trial` only. 0, -ENODATA when it was not seen, or -errno.
 */
int kidos_drop_trial(const struct kidos_drop_maps *maps);

#endif
