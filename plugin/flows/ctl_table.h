/* SPDX-License-Identifier: MIT */
/* ctl_table.h: rows of flows or groups as a table for people. */
#ifndef KIDOS_FLOWS_CTL_TABLE_H
#define KIDOS_FLOWS_CTL_TABLE_H

#include "flows/ctl_scan.h"

struct ctl_flow_table {
	const struct ctl_state *state;
	const struct kidos_flow_grouping *grouping; /* NULL or by none: flow by flow */
	bool resolve;
	double seconds; /* that the rows' new packets and bytes took; 0: no rates */
	bool rates;
};

void ctl_flow_table_print(const struct ctl_flow_table *table, const struct kidos_flow_top *top);

#endif
