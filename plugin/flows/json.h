/* SPDX-License-Identifier: MIT */
/* json.h: flows and groups as JSON; object by object, a million flows in small memory. */
#ifndef KIDOS_FLOWS_JSON_H
#define KIDOS_FLOWS_JSON_H

#include "flows/ctl_scan.h"

struct json_object;

/* One element of `flows`; with rates while watched. */
struct json_object *json_flow(const struct ctl_state *state, const struct ctl_interval *interval,
			      const struct kidos_flow_row *row);

/* Prints {...,"flows":[...]} or {...,"group":BY,"groups":[...]} and a newline. */
void json_flows_print(const struct ctl_state *state, const struct kidos_flow_grouping *grouping,
		      const struct ctl_scan *scan);

#endif
