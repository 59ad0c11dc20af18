/* SPDX-License-Identifier: MIT */
#include "core/now.h"
#include "core/text.h"
#include "core/when.h"
#include "ctl/ctl.h"

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

static bool set_by(struct ctl_settings *settings, const char *value)
{
	for (int i = CTL_DROPS_ONE_BY_ONE + 1; i < CTL_DROPS_BY; i++)
		if (!strcmp(value, ctl_drop_by_names[i]))
			settings->drops.by = (enum ctl_drop_by)i;
	return settings->drops.by != CTL_DROPS_ONE_BY_ONE;
}

static bool set_reason(struct ctl_settings *settings, const char *value)
{
	settings->drops.reason = value;
	return *value != '\0';
}

static bool set_place(struct ctl_settings *settings, const char *value)
{
	settings->drops.place = value;
	return *value != '\0';
}

static bool set_proto(struct ctl_settings *settings, const char *value)
{
	return kidos_drop_proto_parse(value, &settings->drops.filter);
}

static bool set_pid(struct ctl_settings *settings, const char *value)
{
	uint64_t pid;

	if (!kidos_text_number(value, 1, INT32_MAX, &pid))
		return false;
	settings->drops.filter.pid = (uint32_t)pid;
	return true;
}

static bool set_since(struct ctl_settings *settings, const char *value)
{
	return kidos_when_parse(value, kidos_now_ns(CLOCK_REALTIME),
				&settings->drops.filter.since_ns);
}

const struct ctl_option ctl_drop_options[] = {
	{ "by", "KIND",
	  "reason, place, proto, interface (since the start), src, dst, host, port, process "
	  "(recent)",
	  false, set_by },
	{ "interface", "NAME", "[NAMESPACE:]NAME of the interface", false, ctl_set_interface },
	{ "reason", "NAME", "reason by name or number, NETFILTER_DROP", false, set_reason },
	{ "place", "SYMBOL", "function that dropped, with or without +offset", false, set_place },
	{ "host", "ADDR", "IPv4 or IPv6 address of one end; twice: both ends", true, ctl_set_host },
	{ "port", "N", "port of one end, 1 to 65535; twice: both ends", true, ctl_set_port },
	{ "prefix", "CIDR", "prefix that holds one end, 10.0.0.0/8 or 2001:db8::/32", true,
	  ctl_set_prefix },
	{ "proto", "PROTO", "protocol by name (tcp, arp, other) or number", false, set_proto },
	{ "pid", "N", "process that owns the packet's socket", false, set_pid },
	{ "since", "WHEN", "RFC 3339, seconds since 1970, or an age: 90s, 15m, 2h, 3d", false,
	  set_since },
	{ "limit", "N", "rows to print (default 50), 0 for all", false, ctl_set_limit },
	{ "watch", "[SECONDS]", "0.1 to 86400 seconds between looks (default 1), with rates", false,
	  ctl_set_watch },
	{ "json", NULL, "print one JSON object a look; times in UTC", false, ctl_set_json },
	{},
};
