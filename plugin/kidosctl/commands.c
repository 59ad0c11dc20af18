/* SPDX-License-Identifier: MIT */
#include "ctl/ctl.h"

static bool set_state(struct ctl_settings *settings, const char *value)
{
	settings->state = value;
	return *value != '\0';
}

bool ctl_set_json(struct ctl_settings *settings, const char *value)
{
	(void)value;
	settings->json = true;
	return true;
}

const struct ctl_option ctl_global_options[] = {
	{ "state", "DIR", "directory of the pinned maps (default " CTL_STATE_PATH ")", false,
	  set_state },
	{},
};

static const struct ctl_option json_only[] = {
	{ "json", NULL, "print one JSON object; times in UTC", false, ctl_set_json },
	{},
};

static const struct ctl_option no_options[] = { {} };

const struct ctl_command ctl_commands[] = {
	{ "status", "the daemon, its table and how each interface is counted", json_only, NULL,
	  ctl_status },
	{ "summary", "the host on one page", json_only, NULL, ctl_summary },
	{ "flows", "flows by bytes, filtered, sorted or grouped", ctl_flow_options, NULL,
	  ctl_flows },
	{ "drops", "recent dropped packets, or counts by reason, place, host, process",
	  ctl_drop_options, NULL, ctl_drops },
	{ "alerts", "what is wrong, and what was of late", json_only, NULL, ctl_alerts },
	{ "collector", "switches what collectd's kidos collects", no_options, "NAME on|off",
	  ctl_collector },
	{},
};
