/* SPDX-License-Identifier: MIT */
#include "core/when.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000u
#define SECONDS_MAX (UINT64_MAX / SECOND)

static uint64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

static bool parse_age(uint64_t number, char unit, uint64_t now_ns, uint64_t *when_ns)
{
	uint64_t seconds = unit_seconds(unit);

	if (!seconds || number > now_ns / SECOND / seconds)
		return false;
	*when_ns = now_ns - number * seconds * SECOND;
	return true;
}

/* ".123456" behind the seconds, in ns; more than nine digits are cut. */
static const char *parse_fraction(const char *text, uint64_t *ns)
{
	uint64_t digit = SECOND / 10;

	*ns = 0;
	if (*text != '.')
		return text;
	if (!isdigit((unsigned char)*++text))
		return NULL;
	for (; isdigit((unsigned char)*text); text++, digit /= 10)
		*ns += (uint64_t)(*text - '0') * digit;
	return text;
}

/* "Z", or "+02:00" in seconds east; nothing may follow. */
static bool parse_offset(const char *text, int64_t *seconds)
{
	unsigned int hours, minutes;
	int end = 0;

	*seconds = 0;
	if (!strcasecmp(text, "z"))
		return true;
	if ((*text != '+' && *text != '-') || !isdigit((unsigned char)text[1]) ||
	    sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &end) != 2 || end != 5 ||
	    text[1 + end] || hours > 23 || minutes > 59)
		return false;
	*seconds = (int64_t)(hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
	return true;
}

static bool parse_rfc3339(const char *text, uint64_t *when_ns)
{
	struct tm tm = {};
	int64_t offset, seconds;
	uint64_t fraction;
	time_t utc;
	int day;

	text = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	text = text ? parse_fraction(text, &fraction) : NULL;
	if (!text || !parse_offset(text, &offset))
		return false;
	day = tm.tm_mday;
	utc = timegm(&tm);
	/* strptime takes 31 February, and timegm makes March of it. */
	if (tm.tm_mday != day)
		return false;
	seconds = (int64_t)utc - offset;
	if (seconds < 0 || (uint64_t)seconds >= SECONDS_MAX)
		return false;
	*when_ns = (uint64_t)seconds * SECOND + fraction;
	return true;
}

bool kidos_when_parse(const char *text, uint64_t now_ns, uint64_t *when_ns)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	if (!digits || digits > 18)
		return false;
	number = strtoull(text, NULL, 10);
	if (text[digits] && !text[digits + 1])
		return parse_age(number, text[digits], now_ns, when_ns);
	if (text[digits])
		return parse_rfc3339(text, when_ns);
	*when_ns = number * SECOND;
	return number < SECONDS_MAX;
}
