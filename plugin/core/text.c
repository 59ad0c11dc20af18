/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool is_plain(unsigned char byte, const char *reserved)
{
	return byte >= ' ' && byte < 0x7f && !strchr(reserved, byte);
}

/* Bytes of the character beyond ASCII that the text begins with; 0: it is none (RFC 3629). */
static size_t utf8_length(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length = *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;

	/* Longer than need be, a surrogate, beyond 0x10ffff, a control character. */
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) ||
	    (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f) ||
	    (*at == 0xc2 && at[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* reserved: printable characters that are not to stand either. */
static void escape(const char *from, char *to, size_t room, const char *reserved, bool utf8)
{
	static const char digits[] = "0123456789abcdef";

	while (*from) {
		unsigned char byte = (unsigned char)*from;
		size_t kept = is_plain(byte, reserved) ? 1 : utf8 ? utf8_length(from) : 0;
		const char code[] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };
		size_t needed = kept ? kept : sizeof(code);

		if (needed >= room)
			break;
		memcpy(to, kept ? from : code, needed);
		from += kept ? kept : 1;
		to += needed;
		room -= needed;
	}
	if (room)
		*to = '\0';
}

void kidos_text_escape(const char *from, char *to, size_t room)
{
	escape(from, to, room, "\\", false);
}

void kidos_text_utf8(const char *from, char *to, size_t room)
{
	escape(from, to, room, "\\", true);
}

void kidos_text_series(const char *from, char *to, size_t room)
{
	escape(from, to, room, "\\/\"'", true);
}

bool kidos_text_alike(const char *name, const char *other)
{
	for (; *name && *other; name++, other++)
		if (*name != *other && (!strchr("/_", *name) || !strchr("/_", *other)))
			return false;
	return *name == *other;
}

void kidos_text_escape_quotes(const char *from, char *to, size_t room)
{
	escape(from, to, room, "\\\"'", false);
}

static void split(uint64_t realtime_ns, time_t *seconds, unsigned int *milliseconds)
{
	*seconds = (time_t)(realtime_ns / 1000000000u);
	*milliseconds = (unsigned int)(realtime_ns / 1000000u % 1000);
}

void kidos_text_utc(uint64_t realtime_ns, char text[KIDOS_TEXT_TIME])
{
	unsigned int milliseconds;
	char second[24];
	time_t seconds;
	struct tm tm;

	split(realtime_ns, &seconds, &milliseconds);
	gmtime_r(&seconds, &tm);
	strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, KIDOS_TEXT_TIME, "%s.%03uZ", second, milliseconds);
}

void kidos_text_local(uint64_t realtime_ns, char text[KIDOS_TEXT_TIME])
{
	unsigned int milliseconds;
	char second[24], offset[8];
	time_t seconds;
	struct tm tm;

	split(realtime_ns, &seconds, &milliseconds);
	localtime_r(&seconds, &tm);
	strftime(second, sizeof(second), "%Y-%m-%d %H:%M:%S", &tm);
	strftime(offset, sizeof(offset), "%z", &tm);
	snprintf(text, KIDOS_TEXT_TIME, "%s.%03u%.3s:%s", second, milliseconds, offset, offset + 3);
}

void kidos_text_scaled(double value, bool binary, char text[16])
{
	static const char units[] = " kMGTPE";
	const double factor = binary ? 1024 : 1000;
	size_t unit = 0;

	while (value >= factor && unit + 2 < sizeof(units)) {
		value /= factor;
		unit++;
	}
	if (!unit)
		snprintf(text, 16, "%.0f", value);
	else
		snprintf(text, 16, "%.1f%c%s", value, units[unit], binary ? "i" : "");
}

bool kidos_text_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	unsigned long long got;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	got = strtoull(text, &end, 10);
	if (errno || *end || got < min || got > max)
		return false;
	*number = got;
	return true;
}
