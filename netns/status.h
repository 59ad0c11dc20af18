/* SPDX-License-Identifier: MIT */
#ifndef KN_STATUS_H
#define KN_STATUS_H

#include "world.h"

#include <stdio.h>

/* Checks every part of the world as it is now and prints a line for each, then totals. Returns 0
 * if nothing failed, 1 if something did, -errno if it could not look.
 */
int kn_status(struct kn_world *world, bool same_topology, bool json, FILE *out, struct kn_err *err);

#endif
