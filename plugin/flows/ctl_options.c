/* SPDX-License-Identifier: MIT */
#include "core/names.h"
#include "core/text.h"
#include "flows/ctl.h"

#include <string.h>

static bool set_direction(void *field, const char *value)
{
	struct kidos_flow_filter *filter = field;

	for (int i = 0; i < KIDOS_DIRECTIONS; i++)
		if (!strcmp(value, kidos_direction_names[i]))
			filter->direction = i;
	return filter->direction != KIDOS_FILTER_ANY;
}

static bool set_vlan(void *field, const char *value)
{
	uint64_t vlan;

	if (!kidos_text_number(value, 0, 4095, &vlan))
		return false;
	*(int *)field = (int)vlan;
	return true;
}

static bool set_sort(void *field, const char *value)
{
	for (int i = 0; i < KIDOS_SORTS; i++) {
		if (strcmp(value, kidos_flow_sort_names[i]))
			continue;
		*(enum kidos_flow_sort *)field = (enum kidos_flow_sort)i;
		return true;
	}
	return false;
}

static bool set_group(void *field, const char *value)
{
	return kidos_flow_grouping_parse(value, field);
}

#define FIELD(member) offsetof(struct ctl_flow_settings, member)

const struct ctl_option ctl_flow_options[] = {
	{ "interface", "NAME", "[NAMESPACE:]NAME of the interface, or \"other\"", ctl_set_text,
	  FIELD(interface), false },
	{ "direction", "rx|tx", "rx (towards the host) or tx", set_direction, FIELD(filter),
	  false },
	{ "proto", "PROTO", "protocol by name (tcp, icmpv6) or number", ctl_set_proto,
	  FIELD(filter.protocol), false },
	CTL_OPTION_HOST(struct ctl_flow_settings, filter),
	CTL_OPTION_PORT(struct ctl_flow_settings, filter),
	CTL_OPTION_PREFIX(struct ctl_flow_settings, filter),
	CTL_OPTION_END(struct ctl_flow_settings, "src", filter.src, "source"),
	CTL_OPTION_END(struct ctl_flow_settings, "dst", filter.dst, "destination"),
	CTL_OPTION_END_PORT(struct ctl_flow_settings, "sport", filter.src, "source"),
	CTL_OPTION_END_PORT(struct ctl_flow_settings, "dport", filter.dst, "destination"),
	{ "vlan", "N", "VLAN id up to 4095, 0 for untagged", set_vlan, FIELD(filter.vlan), false },
	CTL_OPTION_SINCE(struct ctl_flow_settings, since_ns),
	{ "sort", "KEY", "bytes (default), packets, last or first; the most or newest first",
	  set_sort, FIELD(sort), false },
	CTL_OPTION_LIMIT(struct ctl_flow_settings),
	{ "group", "BY",
	  "src, dst, host, port, proto, interface, or prefix lengths: 24 or 24,64 (IPv4,IPv6)",
	  set_group, FIELD(grouping), false },
	CTL_OPTION_WATCH(struct ctl_flow_settings),
	{ "resolve", NULL, "names for addresses, where the resolver has them in time", ctl_set_true,
	  FIELD(resolve), false },
	CTL_OPTION_JSON(struct ctl_flow_settings),
	{},
};

const struct ctl_flow_settings ctl_flow_defaults = {
	.output.limit = CTL_LIMIT,
	.filter = KIDOS_FLOW_FILTER_ALL,
};
