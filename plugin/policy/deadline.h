/* SPDX-License-Identifier: MIT */
/* deadline.h: how long a policy that is to be confirmed still drops. */
#ifndef KIDOS_POLICY_DEADLINE_H
#define KIDOS_POLICY_DEADLINE_H

#include "abi_policy.h"

#include <stdint.h>

/* Seconds until it drops no more, 0: it does not now; -1: it is confirmed, or need not be. */
int64_t kidos_policy_seconds_left(const struct kidos_policy_control *control);

#endif
