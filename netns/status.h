/* SPDX-License-Identifier: MIT */
#ifndef KN_STATUS_H
#define KN_STATUS_H

#include "nets.h"

#include <stdio.h>

/* Checks every part of the topology and prints a line for each, then totals. Returns 0 if nothing
 * failed, 1 if something did, -errno if it could not be checked.
 */
int kn_status(struct kn_nets *nets, bool same_topology, bool json, FILE *out, struct kn_err *err);

#endif
