/* SPDX-License-Identifier: MIT */
#ifndef KN_UPLINK_LOST_H
#define KN_UPLINK_LOST_H

#include "nets.h"

/* Before the interface moves, prints on stderr what will not come back with it. */
int kn_uplink_print_lost(struct kn_nets *nets, const struct kn_link_info *info, struct kn_err *err);

#endif
