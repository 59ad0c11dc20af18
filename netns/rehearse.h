/* SPDX-License-Identifier: MIT */
#ifndef KN_REHEARSE_H
#define KN_REHEARSE_H

#include "plan.h"

/* Makes the plan in namespaces that have no name and end with this call: what the kernel would
 * refuse in new namespaces fails here. Outside nothing changes, but that the kernel may load a
 * module. Left out is what reaches outside: files, DHCP clients, values of sysctls. A veth stands
 * in for the uplink. world is the real one, whose existing namespaces may have routes of others.
 */
int kn_rehearse(const struct kn_plan *plan, struct kn_world *world, struct kn_err *err);

#endif
