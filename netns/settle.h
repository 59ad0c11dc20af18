/* SPDX-License-Identifier: MIT */
#ifndef KN_SETTLE_H
#define KN_SETTLE_H

#include "nets.h"

/* Waits, at most two seconds in all, until the links with addresses can use them. */
void kn_settle(struct kn_nets *nets);

#endif
