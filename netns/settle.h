/* SPDX-License-Identifier: MIT */
#ifndef KN_SETTLE_H
#define KN_SETTLE_H

#include "world.h"

/* Waits, at most two seconds in all, until the links with addresses can use them. */
void kn_settle(struct kn_world *world);

#endif
