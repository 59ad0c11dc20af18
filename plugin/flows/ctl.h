/* SPDX-License-Identifier: MIT */
/* ctl.h: `kidosctl flows`, and what flows are in `status` and `summary`. */
#ifndef KIDOS_FLOWS_CTL_H
#define KIDOS_FLOWS_CTL_H

#include "core/flow_filter.h"
#include "ctl/brief.h"
#include "ctl/ctl.h"
#include "flows/group.h"

struct ctl_flow_settings {
	struct ctl_output output;
	bool resolve;
	const char *interface; /* NULL: any */
	uint64_t since_ns; /* CLOCK_REALTIME; seen since then */
	struct kidos_flow_filter filter;
	struct kidos_flow_grouping grouping;
	enum kidos_flow_sort sort;
};

extern const struct ctl_option ctl_flow_options[];
extern const struct ctl_flow_settings ctl_flow_defaults;

extern const struct ctl_command ctl_flows;
extern const struct ctl_brief ctl_flows_in_status, ctl_flows_in_summary;

#endif
