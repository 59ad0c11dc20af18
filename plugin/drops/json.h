/* SPDX-License-Identifier: MIT */
/* json.h: drops as JSON; event by event, so that all of them take little memory. */
#ifndef KIDOS_DROPS_JSON_H
#define KIDOS_DROPS_JSON_H

#include "drops/ctl_scan.h"

/* Prints {"drops":[...],...} or {"by":KIND,"groups":[...],...} and a newline. */
void json_drops_print(const struct ctl_drop_scan *scan, const struct ctl_drop_history *history);

#endif
