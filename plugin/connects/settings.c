/* SPDX-License-Identifier: MIT */
#include "connects/settings.h"
#include "connects/ignored.h"
#include "connects/rungs.h"

#define AT(field) KIDOS_OPTION_AT(kidos_connect_settings, field)

static const char *const group_names[] = { "command", "unit", NULL };

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "count the connections that processes make and accept" },
	{ "Probe", KIDOS_OPTION_CHOICE, AT(probe), 0, 0, "auto", kidos_connect_probe_names,
	  "how attempts are seen; auto: the best way this kernel has" },
	{ "GroupBy", KIDOS_OPTION_CHOICE, AT(group_by), 0, 0, "command", group_names,
	  "what has a series: a command, or a systemd unit or container" },
	{ "MaxCommands", KIDOS_OPTION_NUMBER, AT(max_commands), 0, 4096, "64", NULL,
	  "commands or units with series of their own; the rest together as \"other\"" },
	{ "IgnoreCommand", KIDOS_OPTION_STRINGS, AT(ignore_commands), 0, 32, "", NULL,
	  "a command, or a regular expression between slashes, whose connections are in no value",
	  kidos_connect_ignored_check },
	{ "Datagrams", KIDOS_OPTION_BOOLEAN, AT(datagrams), 0, 0, "false", NULL,
	  "count datagrams of unconnected sockets also where each of them costs more" },
	{ "LearnTime", KIDOS_OPTION_NUMBER, AT(learn_time), 0, 31536000, "86400", NULL,
	  "seconds from the start; listeners seen by then raise no alert afterwards" },
	{ "FailShare", KIDOS_OPTION_NUMBER, AT(fail_share), 0, 100, "50", NULL,
	  "percent of the TCP connections of a command that may fail without an alert; 0: no "
	  "alert" },
	{ "Fanout", KIDOS_OPTION_NUMBER, AT(fanout), 0, 10000, "100", NULL,
	  "addresses that one process goes to, from which on there is an alert; 0: no alert" },
	{ "Recorder", KIDOS_OPTION_NUMBER, AT(recorder), 64, 1048576, "65536", NULL,
	  "recent events that are kept for kidosctl, at most" },
};

const struct kidos_block kidos_connect_block = {
	.name = "Connects",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_connect_settings),
};
