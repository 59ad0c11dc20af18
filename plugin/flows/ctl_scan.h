/* SPDX-License-Identifier: MIT */
/* ctl_scan.h: the flow table through filter, history and groups into a top list. */
#ifndef KIDOS_FLOWS_CTL_SCAN_H
#define KIDOS_FLOWS_CTL_SCAN_H

#include "core/flow_filter.h"
#include "ctl/state.h"
#include "flows/group.h"
#include "flows/history.h"

struct ctl_scan {
	const struct kidos_flow_filter *filter; /* NULL: all */
	uint64_t since_ns; /* CLOCK_REALTIME; only flows seen since then */
	struct kidos_flow_history *history; /* NULL: no rates */
	struct kidos_flow_groups *groups; /* NULL: flow by flow */
	struct kidos_flow_top top;
	struct kidos_flow_row sum; /* of everything that passed the filter */
	uint64_t active; /* ... and was seen within IdleTimeout */
	struct kidos_clock clock;
};

/* How many rows there are, of which top has the first. */
uint64_t ctl_scan_rows(const struct ctl_scan *scan);

/* Scans; top is in order then. 0 or -errno. */
int ctl_scan_run(struct ctl_state *state, struct ctl_scan *scan);

#endif
