/* SPDX-License-Identifier: MIT */
#ifndef KN_MIRROR_H
#define KN_MIRROR_H

#include "step.h"

/* The filter at our priority, if there is one: 1, 0 or -errno. */
int kn_mirror_find(struct kn_nets *nets, const struct kn_mirror *mirror,
		   enum kn_direction direction, struct kn_filter_info *out, struct kn_err *err);

#endif
