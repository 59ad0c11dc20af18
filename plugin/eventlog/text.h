/* SPDX-License-Identifier: MIT */
/* text.h: text that grows at its end, as fast as rows come. */
#ifndef KIDOS_EVENTLOG_TEXT_H
#define KIDOS_EVENTLOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has no room is left out, and `cut` says so. */
struct kidos_log_text {
	char *start, *at, *end;
	bool cut;
};

void kidos_log_put(struct kidos_log_text *text, const char *from, size_t length);
void kidos_log_put_string(struct kidos_log_text *text, const char *from);
void kidos_log_put_char(struct kidos_log_text *text, char one);
void kidos_log_put_number(struct kidos_log_text *text, uint64_t number);
/* Exactly 16 digits. */
void kidos_log_put_hex(struct kidos_log_text *text, uint64_t number);
/* Seconds since 1970 with three decimals. */
void kidos_log_put_seconds(struct kidos_log_text *text, uint64_t realtime_ns);
/* RFC 3339 in UTC with milliseconds. */
void kidos_log_put_utc(struct kidos_log_text *text, uint64_t realtime_ns);

#endif
