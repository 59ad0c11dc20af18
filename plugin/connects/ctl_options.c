/* SPDX-License-Identifier: MIT */
#include "connects/ctl.h"
#include "core/text.h"

#include <string.h>

static bool set_pid(void *field, const char *value)
{
	uint64_t pid;

	if (!kidos_text_number(value, 1, INT32_MAX, &pid))
		return false;
	*(uint32_t *)field = (uint32_t)pid;
	return true;
}

static bool set_type(void *field, const char *value)
{
	return kidos_connect_filter_type(value, field);
}

static bool set_kind(void *field, const char *value)
{
	return kidos_connect_filter_kind(value, field);
}

static bool set_proto(void *field, const char *value)
{
	return kidos_connect_filter_proto(value, field);
}

static bool set_dest(void *field, const char *value)
{
	return kidos_connect_filter_dest(value, field);
}

static bool set_outcome(void *field, const char *value)
{
	return kidos_connect_filter_outcome(value, field);
}

static bool set_each(void *field, const char *value)
{
	struct ctl_output *output = field;

	return kidos_text_number(value, 1, CTL_CONNECTS_EACH_MAX, &output->limit);
}

static bool set_duration(void *field, const char *value)
{
	return kidos_text_number(value, 1, 3600, field);
}

static bool set_word(unsigned int *field, const char *value, const char *const *words)
{
	for (unsigned int i = 0; words[i]; i++)
		if (!strcmp(value, words[i])) {
			*field = i;
			return true;
		}
	return false;
}

static bool set_by(void *field, const char *value)
{
	static const char *const words[] = { "command", "unit", NULL };

	return set_word(field, value, words);
}

static bool set_sort(void *field, const char *value)
{
	static const char *const words[] = { "bytes", "connects", "failures",
					     "live",  "accepts",  NULL };

	return set_word(field, value, words);
}

#define OF(member) offsetof(struct ctl_connects_settings, member)
#define OPTION_PID(field)                                                   \
	{                                                                   \
		"pid", "N", "process, by its number", set_pid, field, false \
	}
#define OPTION_COMMAND(field)                                                                  \
	{                                                                                      \
		"command", "NAME", "command's name, as it is or as it is shown", ctl_set_text, \
			field, false                                                           \
	}
#define OPTION_DEST(field)                                                                         \
	{                                                                                          \
		"dest", "DEST", "address, prefix, ADDR:PORT, :PORT, or the path of a Unix socket", \
			set_dest, field, false                                                     \
	}

const struct ctl_option ctl_connections_list_options[] = {
	OPTION_PID(OF(filter.pid)),
	OPTION_COMMAND(OF(filter.command)),
	{ "kind", "KIND", "connect, send, accept or close", set_kind, OF(filter), false },
	{ "type", "TYPE", "stream, dgram, seqpacket or raw", set_type, OF(filter), false },
	{ "proto", "PROTO", "protocol by name (tcp, udp, mptcp, unix) or number", set_proto,
	  OF(filter), false },
	OPTION_DEST(OF(filter.dest)),
	{ "outcome", "WORD",
	  "ok, failed, refused, timeout, reset, unreachable, abandoned, lost, or an errno's name",
	  set_outcome, OF(filter), false },
	CTL_OPTION_SINCE(struct ctl_connects_settings, filter.since_ns),
	{ "until", "WHEN", "as with --since", ctl_set_since, OF(filter.until_ns), false },
	{ "limit", "N", "1 to 1000 events of each process (default 100)", set_each, OF(output),
	  false },
	{ "follow", NULL, "print events as they come", ctl_set_true, OF(follow), false },
	CTL_OPTION_JSON(struct ctl_connects_settings),
	{},
};

const struct ctl_option ctl_connections_summary_options[] = {
	OPTION_PID(OF(filter.pid)),
	OPTION_COMMAND(OF(filter.command)),
	{ "duration", "SECONDS", "1 to 3600 seconds up to now (default 300)", set_duration,
	  OF(duration), false },
	CTL_OPTION_JSON(struct ctl_connects_settings),
	{},
};

const struct ctl_connects_settings ctl_connects_defaults = {
	.output.limit = CTL_CONNECTS_EACH,
	.filter = KIDOS_CONNECT_FILTER_ALL,
	.duration = 300,
};

#undef OF
#define OF(member) offsetof(struct ctl_sockets_settings, member)

const struct ctl_option ctl_connections_live_options[] = {
	OPTION_PID(OF(filter.pid)),
	OPTION_COMMAND(OF(filter.command)),
	OPTION_DEST(OF(filter.dest)),
	CTL_OPTION_LIMIT(struct ctl_sockets_settings),
	CTL_OPTION_WATCH(struct ctl_sockets_settings),
	CTL_OPTION_JSON(struct ctl_sockets_settings),
	{},
};

const struct ctl_option ctl_listeners_options[] = {
	OPTION_PID(OF(filter.pid)),
	OPTION_COMMAND(OF(filter.command)),
	{ "limit", "N", "rows to print, 0 for all (default)", ctl_set_limit, OF(output), false },
	{ "watch", "[SECONDS]", "0.1 to 86400 seconds between polls (default 1)", ctl_set_watch,
	  OF(output.watch), false },
	CTL_OPTION_JSON(struct ctl_sockets_settings),
	{},
};

const struct ctl_option ctl_top_options[] = {
	{ "by", "WORD", "command (default) or unit", set_by, OF(by), false },
	{ "sort", "WORD", "bytes (default), connects, failures, live or accepts", set_sort,
	  OF(sort), false },
	CTL_OPTION_LIMIT(struct ctl_sockets_settings),
	CTL_OPTION_WATCH(struct ctl_sockets_settings),
	CTL_OPTION_JSON(struct ctl_sockets_settings),
	{},
};

const struct ctl_sockets_settings ctl_sockets_defaults = {
	.output.limit = CTL_LIMIT,
	.filter = KIDOS_CONNECT_FILTER_ALL,
};

bool ctl_connections_check_window(const void *data)
{
	const struct ctl_connects_settings *settings = data;
	const struct kidos_connect_filter *filter = &settings->filter;

	if (filter->until_ns && filter->until_ns < filter->since_ns) {
		ctl_complain("--until is before --since");
		return false;
	}
	if (settings->follow && filter->until_ns) {
		ctl_complain("--follow has no end: no --until with it");
		return false;
	}
	return true;
}

bool ctl_connections_check_one(const void *data)
{
	const struct ctl_connects_settings *settings = data;

	if (!settings->filter.pid == !settings->filter.command) {
		ctl_complain("connections summary takes exactly one of --pid and --command");
		return false;
	}
	return true;
}
