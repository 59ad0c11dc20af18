/* SPDX-License-Identifier: MIT */
#ifndef KN_SYSCTL_H
#define KN_SYSCTL_H

#include "step.h"

/* 0 if the step's sysctl is there and may be written. Writes nothing: not every value that a
 * namespace shows is its own.
 */
int kn_sysctl_writable(struct kn_nets *nets, const struct kn_step *step, struct kn_err *err);

#endif
