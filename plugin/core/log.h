/* SPDX-License-Identifier: MIT */
/* log.h: one way to log; collectd's log or standard error is behind it. */
#ifndef KIDOS_CORE_LOG_H
#define KIDOS_CORE_LOG_H

#include <stdbool.h>
#include <syslog.h>

typedef void (*kidos_log_sink)(int priority, const char *line);

/* Where lines go from now on; without a call, to standard error. */
void kidos_log_to(kidos_log_sink sink);

/*
 * priority: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO. Control characters
 * are replaced. A line that repeats is held back for up to a minute, and its
 * repetitions are counted (log_limit.h).
 */
__attribute__((format(printf, 2, 3))) void kidos_log(int priority, const char *format, ...);

/* Writes what was held back and has not come again within a minute; all: whatever is held back. */
void kidos_log_flush(bool all);

#endif
