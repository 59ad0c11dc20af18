/* SPDX-License-Identifier: MIT */
/* log_limit.h: holds back lines of the log that repeat, each counted by itself. */
#ifndef KIDOS_CORE_LOG_LIMIT_H
#define KIDOS_CORE_LOG_LIMIT_H

#include "core/log.h"

#include <stddef.h>
#include <stdint.h>

#define KIDOS_LOG_LINES 64 /* different lines that are remembered */
#define KIDOS_LOG_WINDOW_NS 60000000000ull
#define KIDOS_LOG_ERRORS 1u /* times in a window that a line of LOG_WARNING or worse is written */
#define KIDOS_LOG_OTHERS 10u /* of the rest: what happens, and may happen again, is of interest */

struct kidos_log_limit {
	struct kidos_log_line {
		uint64_t hash;
		uint64_t since_ns; /* of the window; 0: unused */
		unsigned int written, held;
		int priority;
		char text[256];
	} lines[KIDOS_LOG_LINES];
};

/*
 * Writes the line unless it was written often enough of late. When it was held
 * back before, the line says so: "TEXT (repeated 37 times)". now_ns: of
 * CLOCK_MONOTONIC. A line that makes another one forgotten writes that first.
 */
void kidos_log_limited(struct kidos_log_limit *limit, int priority, const char *line,
		       uint64_t now_ns, kidos_log_sink write);

/* Writes what was held back and whose window is over at now_ns; UINT64_MAX: all. */
void kidos_log_limit_flush(struct kidos_log_limit *limit, uint64_t now_ns, kidos_log_sink write);

#endif
