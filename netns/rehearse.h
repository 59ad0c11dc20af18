/* SPDX-License-Identifier: MIT */
#ifndef KN_REHEARSE_H
#define KN_REHEARSE_H

#include "plan.h"

/* Makes the plan in namespaces that have no name and go with this call, so that what the kernel
 * would refuse fails here. Nothing else changes, but the kernel may load a module. Files, DHCP
 * clients and values of sysctls are left out, and a veth takes the place of the uplink. nets are
 * the real namespaces: in those that exist already, routes are not tried.
 */
int kn_rehearse(const struct kn_plan *plan, struct kn_nets *nets, struct kn_err *err);

#endif
