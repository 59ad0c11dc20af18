/* SPDX-License-Identifier: MIT */
/*
 * format.h: rows as console, JSON, CSV and JSONL have them. A row is one line,
 * whatever was in a name: what is no UTF-8, control characters and backslashes
 * become \xNN first, and the format's own quotes follow.
 */
#ifndef KIDOS_EVENTLOG_FORMAT_H
#define KIDOS_EVENTLOG_FORMAT_H

#include "eventlog/entry.h"
#include "eventlog/settings.h"

#define KIDOS_LOG_ROW 4096 /* bytes of the longest row */

/*
 * Appends the row, whole or not at all. JSON: with ",\n" before it, which the
 * file turns into what it needs; all others with "\n" behind it.
 */
void kidos_log_format(struct kidos_log_text *text, enum kidos_log_format format,
		      const struct kidos_log_entry *entry);

/* What a new file begins with; "" for most. */
void kidos_log_header(struct kidos_log_text *text, enum kidos_log_format format);

#endif
