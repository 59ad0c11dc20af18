/* SPDX-License-Identifier: MIT */
#include "core/text.h"
#include "drops/ctl.h"

#include <string.h>

const char *const ctl_drop_by_names[CTL_DROPS_BY] = {
	[CTL_DROPS_ONE_BY_ONE] = "none",
	[CTL_DROPS_REASON] = "reason",
	[CTL_DROPS_PLACE] = "place",
	[CTL_DROPS_PROTO] = "proto",
	[CTL_DROPS_INTERFACE] = "interface",
	[CTL_DROPS_SRC] = "src",
	[CTL_DROPS_DST] = "dst",
	[CTL_DROPS_HOST] = "host",
	[CTL_DROPS_PORT] = "port",
	[CTL_DROPS_PROCESS] = "process",
};

static bool set_by(void *field, const char *value)
{
	enum ctl_drop_by *by = field;

	for (int i = CTL_DROPS_ONE_BY_ONE + 1; i < CTL_DROPS_BY; i++)
		if (!strcmp(value, ctl_drop_by_names[i]))
			*by = (enum ctl_drop_by)i;
	return *by != CTL_DROPS_ONE_BY_ONE;
}

static bool set_proto(void *field, const char *value)
{
	return kidos_drop_proto_parse(value, field);
}

static bool set_pid(void *field, const char *value)
{
	uint64_t pid;

	if (!kidos_text_number(value, 1, INT32_MAX, &pid))
		return false;
	*(uint32_t *)field = (uint32_t)pid;
	return true;
}

#define FIELD(member) offsetof(struct ctl_drop_settings, member)

const struct ctl_option ctl_drop_options[] = {
	{ "by", "KIND",
	  "reason, place, proto, interface (since the start), src, dst, host, port, process "
	  "(recent)",
	  set_by, FIELD(by), false },
	{ "interface", "NAME", "[NAMESPACE:]NAME of the interface", ctl_set_text, FIELD(interface),
	  false },
	{ "reason", "NAME", "reason by name or number, NETFILTER_DROP", ctl_set_text, FIELD(reason),
	  false },
	{ "place", "SYMBOL", "function that dropped, with or without +offset", ctl_set_text,
	  FIELD(place), false },
	CTL_OPTION_HOST(struct ctl_drop_settings, filter.ends),
	CTL_OPTION_PORT(struct ctl_drop_settings, filter.ends),
	CTL_OPTION_PREFIX(struct ctl_drop_settings, filter.ends),
	CTL_OPTION_END(struct ctl_drop_settings, "src", filter.ends.src, "source"),
	CTL_OPTION_END(struct ctl_drop_settings, "dst", filter.ends.dst, "destination"),
	CTL_OPTION_END_PORT(struct ctl_drop_settings, "sport", filter.ends.src, "source"),
	CTL_OPTION_END_PORT(struct ctl_drop_settings, "dport", filter.ends.dst, "destination"),
	{ "proto", "PROTO", "protocol by name (tcp, arp, other) or number", set_proto,
	  FIELD(filter), false },
	{ "pid", "N", "process that owns the packet's socket", set_pid, FIELD(filter.pid), false },
	CTL_OPTION_SINCE(struct ctl_drop_settings, filter.since_ns),
	CTL_OPTION_LIMIT(struct ctl_drop_settings),
	CTL_OPTION_WATCH(struct ctl_drop_settings),
	CTL_OPTION_JSON(struct ctl_drop_settings),
	{},
};

const struct ctl_drop_settings ctl_drop_defaults = {
	.output.limit = CTL_LIMIT,
	.filter = KIDOS_DROP_FILTER_ALL,
};
