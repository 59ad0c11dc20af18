/* SPDX-License-Identifier: MIT */
#include "eventlog/record.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#define SECOND_NS 1000000000u

#define FIELD(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct kidos_slice names[KIDOS_FIELDS] = {
	[KIDOS_FIELD_TIME] = FIELD("timestamp"),
	[KIDOS_FIELD_TIME_ISO] = FIELD("timestamp_iso"),
	[KIDOS_FIELD_SRC] = FIELD("src_ip"),
	[KIDOS_FIELD_DST] = FIELD("dst_ip"),
	[KIDOS_FIELD_SPORT] = FIELD("src_port"),
	[KIDOS_FIELD_DPORT] = FIELD("dst_port"),
	[KIDOS_FIELD_PROTOCOL] = FIELD("protocol"),
	[KIDOS_FIELD_PROTOCOL_NUMBER] = FIELD("protocol_num"),
	[KIDOS_FIELD_SIZE] = FIELD("packet_size"),
	[KIDOS_FIELD_ACTION] = FIELD("action"),
	[KIDOS_FIELD_INTERFACE] = FIELD("interface"),
	[KIDOS_FIELD_PACKETS] = FIELD("packets"),
	[KIDOS_FIELD_BYTES] = FIELD("bytes"),
	[KIDOS_FIELD_LEAST_SIZE] = FIELD("min_size"),
	[KIDOS_FIELD_MOST_SIZE] = FIELD("max_size"),
	[KIDOS_FIELD_KIND] = FIELD("kind"),
};

static bool same(const struct kidos_slice *a, const struct kidos_slice *b)
{
	return a->length == b->length && !memcmp(a->at, b->at, a->length);
}

static bool is(const struct kidos_slice *slice, const char *text)
{
	return strlen(text) == slice->length && !memcmp(text, slice->at, slice->length);
}

unsigned int kidos_log_field_find(const struct kidos_slice *name, unsigned int guess)
{
	if (guess < KIDOS_FIELDS && same(name, &names[guess]))
		return guess;
	for (unsigned int i = 0; i < KIDOS_FIELDS; i++)
		if (same(name, &names[i]))
			return i;
	return KIDOS_FIELDS;
}

/* --- values --- */

/* Digits from *at on, up to so many; false: there is none, or more than 19 of them. */
static bool read_number(const char **at, const char *end, uint64_t *number)
{
	const char *from = *at;

	*number = 0;
	for (; *at < end && (unsigned char)(**at - '0') < 10; ++*at)
		*number = 10 * *number + (uint64_t)(**at - '0');
	return *at > from && *at - from < 20;
}

static bool set_number(const struct kidos_slice *value, uint64_t most, uint64_t *number)
{
	const char *at = value->at, *end = at + value->length;

	return read_number(&at, end, number) && at == end && *number <= most;
}

/* ".123" as billionths, however many digits there are. */
static bool read_fraction(const char **at, const char *end, uint64_t *billionths)
{
	uint64_t digit = SECOND_NS / 10;

	*billionths = 0;
	if (*at == end || **at != '.')
		return true;
	++*at;
	if (*at == end || (unsigned char)(**at - '0') >= 10)
		return false;
	for (; *at < end && (unsigned char)(**at - '0') < 10; ++*at, digit /= 10)
		*billionths += (uint64_t)(**at - '0') * digit;
	return true;
}

/* Since 1970: seconds up to the year 5138, then milli-, micro-, nanoseconds. */
static uint64_t unit_of(uint64_t number)
{
	return number < 100000000000u         ? SECOND_NS
	       : number < 100000000000000u    ? 1000000
	       : number < 100000000000000000u ? 1000
					      : 1;
}

static bool parse_epoch(const char *at, const char *end, uint64_t *time_ns)
{
	uint64_t number, billionths, unit;

	if (!read_number(&at, end, &number) || !read_fraction(&at, end, &billionths) || at != end)
		return false;
	unit = unit_of(number);
	if (number > UINT64_MAX / unit / 2)
		return false;
	*time_ns = number * unit + billionths * unit / SECOND_NS;
	return true;
}

/* Days since 1970 of the Gregorian calendar; the year begins in March. */
static int64_t days_of(int64_t year, unsigned int month, unsigned int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400;
	unsigned int of_era = (unsigned int)(y - era * 400);
	unsigned int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "....-..-.." and the like: digits where the pattern has 0, else the same characters. */
static bool matches(const char *at, const char *pattern)
{
	for (; *pattern; at++, pattern++)
		if (*pattern == '0' ? (unsigned char)(*at - '0') >= 10
				    : *at != *pattern && !(*pattern == 'T' && *at == ' '))
			return false;
	return true;
}

static unsigned int digits(const char *at, size_t count)
{
	unsigned int number = 0;

	while (count--)
		number = 10 * number + (unsigned int)(*at++ - '0');
	return number;
}

/* Seconds east of UTC, which it is without a word. */
static bool parse_zone(const char *at, const char *end, int64_t *east)
{
	*east = 0;
	if (at == end || (end - at == 1 && (*at == 'Z' || *at == 'z')))
		return true;
	if (end - at != 6 || (*at != '+' && *at != '-') || !matches(at + 1, "00:00"))
		return false;
	*east = digits(at + 1, 2) * 3600 + digits(at + 4, 2) * 60;
	if (*at == '-')
		*east = -*east;
	return true;
}

static bool parse_iso(const char *at, const char *end, uint64_t *time_ns)
{
	unsigned int month, day, hour, minute, second;
	uint64_t billionths;
	int64_t east, seconds;

	if (end - at < 19 || !matches(at, "0000-00-00T00:00:00"))
		return false;
	month = digits(at + 5, 2);
	day = digits(at + 8, 2);
	hour = digits(at + 11, 2);
	minute = digits(at + 14, 2);
	second = digits(at + 17, 2);
	seconds = days_of(digits(at, 4), month, day) * 86400 + hour * 3600 + minute * 60 + second;
	at += 19;
	if (!month || month > 12 || !day || day > 31 || hour > 23 || minute > 59 || second > 60 ||
	    !read_fraction(&at, end, &billionths) || !parse_zone(at, end, &east))
		return false;
	seconds -= east;
	if (seconds < 0)
		return false;
	*time_ns = (uint64_t)seconds * SECOND_NS + billionths;
	return true;
}

static bool set_time(const struct kidos_slice *value, uint64_t *time_ns)
{
	const char *end = value->at + value->length;

	return parse_epoch(value->at, end, time_ns) || parse_iso(value->at, end, time_ns);
}

static bool parse_ipv4(const struct kidos_slice *value, union kidos_address *address)
{
	const char *at = value->at, *end = at + value->length;
	uint64_t part;

	memset(address, 0, 10);
	address->bytes[10] = address->bytes[11] = 0xff;
	for (unsigned int i = 0; i < 4; i++) {
		if ((i && (at == end || *at++ != '.')) || !read_number(&at, end, &part) ||
		    part > 255)
			return false;
		address->bytes[12 + i] = (unsigned char)part;
	}
	return at == end;
}

static bool set_address(const struct kidos_slice *value, union kidos_address *address)
{
	char text[INET6_ADDRSTRLEN];

	if (parse_ipv4(value, address))
		return true;
	if (value->length >= sizeof(text))
		return false;
	memcpy(text, value->at, value->length);
	text[value->length] = '\0';
	return inet_pton(AF_INET6, text, address->bytes) == 1;
}

static bool set_protocol(const struct kidos_slice *value, uint64_t *protocol)
{
	static const struct {
		const char *name;
		unsigned int protocol;
	} protocols[] = {
		{ "TCP", IPPROTO_TCP },         { "UDP", IPPROTO_UDP },
		{ "ICMP", IPPROTO_ICMP },       { "ICMPv6", IPPROTO_ICMPV6 },
		{ "GRE", IPPROTO_GRE },         { "ESP", IPPROTO_ESP },
		{ "AH", IPPROTO_AH },           { "SCTP", IPPROTO_SCTP },
		{ "IGMP", IPPROTO_IGMP },       { "DCCP", IPPROTO_DCCP },
		{ "UDPLITE", IPPROTO_UDPLITE }, { "OSPF", 89 },
	};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strlen(protocols[i].name) == value->length &&
		    !strncasecmp(protocols[i].name, value->at, value->length)) {
			*protocol = protocols[i].protocol;
			return true;
		}
	/* A name that nobody knows: its number is in the next column, if anywhere. */
	return set_number(value, 255, protocol) || (*protocol = 255);
}

bool kidos_log_field_set(struct kidos_log_record *record, unsigned int field,
			 const struct kidos_slice *value)
{
	if (!value->length || field >= KIDOS_FIELDS)
		return true;
	record->seen |= 1u << field;
	switch (field) {
	case KIDOS_FIELD_TIME:
		return set_time(value, &record->time_ns);
	case KIDOS_FIELD_TIME_ISO:
		return record->seen & 1u << KIDOS_FIELD_TIME || set_time(value, &record->time_ns);
	case KIDOS_FIELD_SRC:
		return set_address(value, &record->src);
	case KIDOS_FIELD_DST:
		return set_address(value, &record->dst);
	case KIDOS_FIELD_SPORT:
		return set_number(value, 65535, &record->sport);
	case KIDOS_FIELD_DPORT:
		return set_number(value, 65535, &record->dport);
	case KIDOS_FIELD_PROTOCOL:
		return record->seen & 1u << KIDOS_FIELD_PROTOCOL_NUMBER ||
		       set_protocol(value, &record->protocol);
	case KIDOS_FIELD_PROTOCOL_NUMBER:
		return set_number(value, 255, &record->protocol);
	case KIDOS_FIELD_SIZE:
		return set_number(value, UINT32_MAX, &record->size);
	case KIDOS_FIELD_PACKETS:
		return set_number(value, UINT64_MAX >> 16, &record->packets);
	case KIDOS_FIELD_BYTES:
		return set_number(value, UINT64_MAX >> 16, &record->bytes);
	case KIDOS_FIELD_LEAST_SIZE:
		return set_number(value, UINT32_MAX, &record->least_size);
	case KIDOS_FIELD_MOST_SIZE:
		return set_number(value, UINT32_MAX, &record->most_size);
	case KIDOS_FIELD_ACTION:
		record->action = *value;
		return true;
	case KIDOS_FIELD_INTERFACE:
		record->interface = *value;
		return true;
	case KIDOS_FIELD_KIND:
		record->kind = *value;
		return true;
	default:
		return true;
	}
}

bool kidos_log_record_is(const struct kidos_log_record *record, const char *kind)
{
	return is(&record->kind, kind);
}

bool kidos_log_record_complete(struct kidos_log_record *record)
{
	const unsigned int time = 1u << KIDOS_FIELD_TIME | 1u << KIDOS_FIELD_TIME_ISO;
	const unsigned int ends = 1u << KIDOS_FIELD_SRC | 1u << KIDOS_FIELD_DST;

	if (!(record->seen & time))
		return false;
	if (record->kind.length && !is(&record->kind, "flow"))
		return true;
	if (!(record->seen & 1u << KIDOS_FIELD_PACKETS)) {
		record->packets = 1;
		record->bytes = record->size;
	} else if (!(record->seen & 1u << KIDOS_FIELD_BYTES)) {
		record->bytes = record->packets * record->size;
	}
	return (record->seen & ends) == ends && record->packets;
}
