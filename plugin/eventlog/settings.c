/* SPDX-License-Identifier: MIT */
#include "eventlog/settings.h"
#include "core/config_value.h"

#include <string.h>

const char *const kidos_log_format_names[] = { "console", "json", "csv", "jsonl", NULL };

static int check_file(const char *text, char reason[KIDOS_REASON])
{
	const char *name = strrchr(text, '/');

	if (*text != '/' || !name[1] || !strcmp(name, "/.") || !strcmp(name, "/.."))
		return kidos_fail(reason, "not a file by its whole path");
	if (strlen(name + 1) > NAME_MAX - 8)
		return kidos_fail(reason, "a name too long to have a number behind it");
	return 0;
}

#define AT(field) KIDOS_OPTION_AT(kidos_log_settings, field)

static const struct kidos_option options[] = {
	{ "Enabled", KIDOS_OPTION_BOOLEAN, AT(enabled), 0, 0, "true", NULL,
	  "write flows and alerts to a file" },
	{ "File", KIDOS_OPTION_STRING, AT(file), KIDOS_OPTION_ROOM(kidos_log_settings, file),
	  "/var/log/kidos/events.jsonl", NULL, "the file that is written", check_file },
	{ "Format", KIDOS_OPTION_CHOICE, AT(format), 0, 0, "jsonl", kidos_log_format_names,
	  "how a row is written" },
	{ "MaxSize", KIDOS_OPTION_SIZE, AT(max_size), 1 << 16, 1ull << 40, "100M", NULL,
	  "bytes after which the file gets a number and a new one begins" },
	{ "MaxFiles", KIDOS_OPTION_NUMBER, AT(max_files), 1, 1000, "10", NULL,
	  "files that are kept, with the one that is written" },
	{ "LogWindow", KIDOS_OPTION_NUMBER, AT(log_window), 1, 3600, "1", NULL,
	  "seconds of a flow that are one row" },
	{ "Summary", KIDOS_OPTION_NUMBER, AT(summary), 0, 86400, "60", NULL,
	  "seconds from one summary to the next; 0: none" },
	{ "KeepDays", KIDOS_OPTION_NUMBER, AT(keep_days), 0, 36500, "30", NULL,
	  "days after its last row that a file with a number is removed; 0: never" },
};

const struct kidos_block kidos_log_block = {
	.name = "EventLog",
	.options = options,
	.count = sizeof(options) / sizeof(options[0]),
	.size = sizeof(struct kidos_log_settings),
	.off_without = true,
};
