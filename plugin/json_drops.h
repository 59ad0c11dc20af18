/* SPDX-License-Identifier: MIT */
/* json_drops.h: drops as JSON; event by event, so that all of them take little memory. */
#ifndef KIDOS_JSON_DROPS_H
#define KIDOS_JSON_DROPS_H

#include "ctl_drop_scan.h"

/* Prints {"drops":[...],...} or {"by":KIND,"groups":[...],...} and a newline. */
void json_drops_print(const struct ctl_drop_scan *scan);

#endif
