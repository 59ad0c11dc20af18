/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_LOST_H
#define KN_UPLINK_LOST_H

#include "world.h"

/* Says on stderr, before the interface moves, what it has that will not come back with it. */
int kn_uplink_say_lost(struct kn_world *world, const struct kn_link_info *info, struct kn_err *err);

#endif
