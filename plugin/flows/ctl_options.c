/* SPDX-License-Identifier: MIT */
#include "core/names.h"
#include "core/text.h"
#include "ctl/ctl.h"

#include <stdlib.h>
#include <string.h>

#define WATCH_MAX 86400

bool ctl_set_interface(struct ctl_settings *settings, const char *value)
{
	settings->interface = value;
	return *value != '\0';
}

static bool set_direction(struct ctl_settings *settings, const char *value)
{
	for (int i = 0; i < KIDOS_DIRECTIONS; i++)
		if (!strcmp(value, kidos_direction_names[i]))
			settings->filter.direction = i;
	return settings->filter.direction != KIDOS_FILTER_ANY;
}

static bool set_proto(struct ctl_settings *settings, const char *value)
{
	return kidos_protocol_parse(value, &settings->filter.protocol);
}

bool ctl_set_prefix(struct ctl_settings *settings, const char *value)
{
	struct kidos_flow_filter *filter = &settings->filter;

	if (filter->prefix_count == KIDOS_FILTER_ENDS)
		return false;
	return kidos_prefix_parse(value, &filter->prefixes[filter->prefix_count++]);
}

bool ctl_set_host(struct ctl_settings *settings, const char *value)
{
	return !strchr(value, '/') && ctl_set_prefix(settings, value);
}

bool ctl_set_port(struct ctl_settings *settings, const char *value)
{
	struct kidos_flow_filter *filter = &settings->filter;
	uint64_t port;

	if (filter->port_count == KIDOS_FILTER_ENDS ||
	    !kidos_text_number(value, 1, UINT16_MAX, &port))
		return false;
	filter->ports[filter->port_count++] = (uint16_t)port;
	return true;
}

static bool set_sort(struct ctl_settings *settings, const char *value)
{
	for (int i = 0; i < KIDOS_SORTS; i++) {
		if (strcmp(value, kidos_flow_sort_names[i]))
			continue;
		settings->sort = (enum kidos_flow_sort)i;
		return true;
	}
	return false;
}

bool ctl_set_limit(struct ctl_settings *settings, const char *value)
{
	settings->limited = true;
	return kidos_text_number(value, 0, UINT32_MAX, &settings->limit);
}

static bool set_group(struct ctl_settings *settings, const char *value)
{
	return kidos_flow_grouping_parse(value, &settings->grouping);
}

bool ctl_set_watch(struct ctl_settings *settings, const char *value)
{
	char *end;

	settings->watch = 1;
	if (!value)
		return true;
	settings->watch = strtod(value, &end);
	return end != value && !*end && settings->watch >= 0.1 && settings->watch <= WATCH_MAX;
}

static bool set_resolve(struct ctl_settings *settings, const char *value)
{
	(void)value;
	settings->resolve = true;
	return true;
}

const struct ctl_option ctl_flow_options[] = {
	{ "interface", "NAME", "[NAMESPACE:]NAME of the interface, or \"other\"", false,
	  ctl_set_interface },
	{ "direction", "rx|tx", "rx (towards the host) or tx", false, set_direction },
	{ "proto", "PROTO", "protocol by name (tcp, icmpv6) or number", false, set_proto },
	{ "host", "ADDR", "IPv4 or IPv6 address of one end; twice: both ends", true, ctl_set_host },
	{ "port", "N", "port of one end, 1 to 65535; twice: both ends", true, ctl_set_port },
	{ "prefix", "CIDR", "prefix that holds one end, 10.0.0.0/8 or 2001:db8::/32", true,
	  ctl_set_prefix },
	{ "sort", "KEY", "bytes (default), packets, last or first; the most or newest first", false,
	  set_sort },
	{ "limit", "N", "rows to print (default 50), 0 for all", false, ctl_set_limit },
	{ "group", "BY",
	  "src, dst, host, port, proto, interface, or prefix lengths: 24 or 24,64 (IPv4,IPv6)",
	  false, set_group },
	{ "watch", "[SECONDS]", "0.1 to 86400 seconds between looks (default 1), with rates", false,
	  ctl_set_watch },
	{ "resolve", NULL, "names for addresses, where the resolver has them in time", false,
	  set_resolve },
	{ "json", NULL, "print one JSON object a look; times in UTC", false, ctl_set_json },
	{},
};
