/* SPDX-License-Identifier: MIT */
#include "kidosctl/commands.h"
#include "alerts/ctl.h"
#include "capture/ctl.h"
#include "connects/ctl.h"
#include "drops/ctl.h"
#include "eventlog/ctl.h"
#include "flows/ctl.h"
#include "policy/ctl.h"

static const struct ctl_option no_options[] = { {} };

static const struct ctl_command collector = {
	.name = "collector",
	.help = "switches what collectd's kidos collects",
	.options = no_options,
	.words = "NAME on|off",
	.run = ctl_collector,
};

static const struct ctl_command cleanup = {
	.name = "cleanup",
	.help = "removes what a killed daemon left",
	.options = no_options,
	.run = ctl_cleanup,
};

const struct ctl_command *const ctl_commands[] = {
	&ctl_status,
	&ctl_summary,
	&ctl_top,
	&ctl_flows,
	&ctl_drops,
	&ctl_connections_list,
	&ctl_connections_summary,
	&ctl_connections_live,
	&ctl_listeners,
	&ctl_packets,
	&ctl_capture,
	&ctl_evidence,
	&ctl_alerts,
	&ctl_policy,
	&ctl_analyze,
	&collector,
	&cleanup,
	NULL,
};

const struct ctl_brief *const ctl_status_briefs[] = {
	&ctl_flows_in_status,
	&ctl_collectors_in_status,
	&ctl_drops_in_status,
	&ctl_connects_in_status,
	NULL,
};

const struct ctl_brief *const ctl_summary_briefs[] = {
	&ctl_drops_in_summary,
	&ctl_connects_in_summary,
	&ctl_flows_in_summary,
	NULL,
};
