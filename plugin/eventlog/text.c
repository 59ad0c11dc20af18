/* SPDX-License-Identifier: MIT */
#include "eventlog/text.h"

#include <string.h>
#include <time.h>

#define SECOND_NS 1000000000u

void kidos_log_put(struct kidos_log_text *text, const char *from, size_t length)
{
	if ((size_t)(text->end - text->at) < length) {
		text->cut = true;
		return;
	}
	memcpy(text->at, from, length);
	text->at += length;
}

void kidos_log_put_string(struct kidos_log_text *text, const char *from)
{
	kidos_log_put(text, from, strlen(from));
}

void kidos_log_put_char(struct kidos_log_text *text, char one)
{
	kidos_log_put(text, &one, 1);
}

void kidos_log_put_number(struct kidos_log_text *text, uint64_t number)
{
	char digits[20], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	kidos_log_put(text, at, (size_t)(digits + sizeof(digits) - at));
}

void kidos_log_put_hex(struct kidos_log_text *text, uint64_t number)
{
	char digits[16];

	for (size_t i = sizeof(digits); i--; number >>= 4)
		digits[i] = "0123456789abcdef"[number & 15];
	kidos_log_put(text, digits, sizeof(digits));
}

static void put_digits(char *to, unsigned int number, size_t count)
{
	for (; count; number /= 10)
		to[--count] = (char)('0' + number % 10);
}

static void put_milliseconds(struct kidos_log_text *text, uint64_t realtime_ns)
{
	char digits[] = ".000";

	put_digits(digits + 1, (unsigned int)(realtime_ns / 1000000u % 1000), 3);
	kidos_log_put(text, digits, 4);
}

void kidos_log_put_seconds(struct kidos_log_text *text, uint64_t realtime_ns)
{
	kidos_log_put_number(text, realtime_ns / SECOND_NS);
	put_milliseconds(text, realtime_ns);
}

/* The rows of a second are many: its date is worked out once. */
void kidos_log_put_utc(struct kidos_log_text *text, uint64_t realtime_ns)
{
	static _Thread_local time_t known = -1;
	static _Thread_local char date[32];
	time_t seconds = (time_t)(realtime_ns / SECOND_NS);
	struct tm tm;

	if (seconds != known) {
		gmtime_r(&seconds, &tm);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		known = seconds;
	}
	kidos_log_put_string(text, date);
	put_milliseconds(text, realtime_ns);
	kidos_log_put_char(text, 'Z');
}
