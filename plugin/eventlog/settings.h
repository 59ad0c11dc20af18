/* SPDX-License-Identifier: MIT */
/* settings.h: the block <EventLog>. */
#ifndef KIDOS_EVENTLOG_SETTINGS_H
#define KIDOS_EVENTLOG_SETTINGS_H

#include "core/config.h"

enum kidos_log_format {
	KIDOS_LOG_CONSOLE,
	KIDOS_LOG_JSON,
	KIDOS_LOG_CSV,
	KIDOS_LOG_JSONL,
};
extern const char *const kidos_log_format_names[]; /* NULL at the end */

struct kidos_log_settings {
	bool enabled;
	char file[PATH_MAX];
	unsigned int format; /* enum kidos_log_format */
	uint64_t max_size; /* bytes of one file */
	uint64_t max_files; /* with the one that is written */
	uint64_t log_window; /* seconds */
	uint64_t summary; /* seconds, 0: none */
	uint64_t keep_days; /* 0: for ever */
};

extern const struct kidos_block kidos_log_block;

#endif
