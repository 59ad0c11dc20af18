/* SPDX-License-Identifier: MIT */
/* text.h: times, rates and foreign strings as people and terminals can take them. */
#ifndef KIDOS_CORE_TEXT_H
#define KIDOS_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_TEXT_TIME 40

/*
 * A string from outside, safe for a terminal: everything but printable ASCII,
 * and the backslash, becomes \xNN. Cut to the room there is, never inside \xNN.
 */
void kidos_text_escape(const char *from, char *to, size_t room);

/* The same with quotes too, for text that others put between quotes. */
void kidos_text_escape_quotes(const char *from, char *to, size_t room);

/*
 * A string from outside as part of a value's name, which must be UTF-8 (RFC
 * 3629): other bytes, control characters and the backslash become \xNN, so
 * that different strings stay different. Cut as above.
 */
void kidos_text_utf8(const char *from, char *to, size_t room);

/*
 * A string from outside as a type_instance, which becomes a part of file names
 * and of quoted labels: as kidos_text_utf8, and \xNN for slashes and quotes too.
 */
void kidos_text_series(const char *from, char *to, size_t room);

/* Are they one plugin_instance? collectd puts _ in place of a slash. */
bool kidos_text_alike(const char *name, const char *other);

/* RFC 3339 in UTC with milliseconds (an entry's time has steps of 4.19 ms). */
void kidos_text_utc(uint64_t realtime_ns, char text[KIDOS_TEXT_TIME]);

/* The same in local time with its offset, for people. */
void kidos_text_local(uint64_t realtime_ns, char text[KIDOS_TEXT_TIME]);

/* "12.3M" with a factor of 1000 for numbers a second, 1024 ("12.3Mi") for memory. */
void kidos_text_scaled(double value, bool binary, char text[16]);

/* A whole decimal number from min to max and nothing behind it. */
bool kidos_text_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

#endif
