/* SPDX-License-Identifier: MIT */
#include "flows/settings.h"
#include "core/config_value.h"
#include "core/prefix.h"

static const char *const series_by_names[] = { "prefix", "five-tuple", "group", NULL };

static int check_prefix(const char *text, char reason[KIDOS_REASON])
{
	struct kidos_prefix prefix;

	return kidos_prefix_parse(text, &prefix)
		       ? 0
		       : kidos_fail(reason, "not a prefix, as 10.0.0.0/8 or 2001:db8::/32 are");
}

#define AT(field) KIDOS_OPTION_AT(kidos_flow_settings, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "count packets and flows" },
	{ "MaxFlows", KIDOS_OPTION_NUMBER, AT(max_flows), 1024, 1 << 22, "1048576", NULL,
	  "flows the table has room for; rounded to a power of two that fits MemoryLimit" },
	{ "IdleTimeout", KIDOS_OPTION_NUMBER, AT(idle_timeout), 1, 86400, "60", NULL,
	  "seconds after which a flow's entry may be reused" },
	{ "Inner", KIDOS_OPTION_BOOLEAN, AT(inner), 0, 0, "false", NULL,
	  "count a tunnel's packets as what they carry" },
	{ "TopFlows", KIDOS_OPTION_NUMBER, AT(top_flows), 0, 1000, "0", NULL,
	  "busiest flows of each interface that get series of their own; 0: none" },
	{ "FlowKey", KIDOS_OPTION_CHOICE, AT(flow_key), 0, 0, "prefix", series_by_names,
	  "what makes one series of flows" },
	{ "Group", KIDOS_OPTION_STRINGS, AT(groups), 1, KIDOS_GROUPS_MAX, "10.0.0.0/8", NULL,
	  "prefix whose addresses are one; may be repeated", check_prefix },
	{ "GroupPrefix", KIDOS_OPTION_PREFIX_LENGTHS, AT(group_prefix), 0, 0, "24 64", NULL,
	  "bits that are left of all other addresses, IPv4 and IPv6" },
	{ "MaxFlowSeries", KIDOS_OPTION_NUMBER, AT(max_flow_series), 1, 10000, "100", NULL,
	  "names of flows kept at a time, over all interfaces and restarts" },
};

const struct kidos_block kidos_flow_block = {
	.name = "Flows",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_flow_settings),
};
