/* SPDX-License-Identifier: MIT */
#include "eventlog/rows_parts.h"

#include <string.h>

static struct kidos_slice next_word(const char **at, const char *end)
{
	struct kidos_slice word;

	*at = kidos_skip_blanks(*at, end);
	word.at = *at;
	while (*at < end && **at != ' ')
		++*at;
	word.length = (size_t)(*at - word.at);
	return word;
}

/* "10.0.0.1:53" or "[2001:db8::1]:53"; "-:0" is none. */
static bool set_end(struct kidos_log_record *record, const struct kidos_slice *end,
		    unsigned int address, unsigned int port)
{
	const char *colon = memrchr(end->at, ':', end->length);
	struct kidos_slice host = { end->at, colon ? (size_t)(colon - end->at) : 0 }, number;

	if (!colon)
		return false;
	number = (struct kidos_slice){ colon + 1, end->length - host.length - 1 };
	if (host.length > 2 && *host.at == '[' && host.at[host.length - 1] == ']')
		host = (struct kidos_slice){ host.at + 1, host.length - 2 };
	if (host.length == 1 && *host.at == '-')
		return true;
	return kidos_log_field_set(record, address, &host) &&
	       kidos_log_field_set(record, port, &number);
}

/* NAME=VALUE, or NAME="VALUE" with a backslash before what is quoted in it. */
static bool next_pair(const char **at, const char *end, char **scratch,
		      struct kidos_log_record *record)
{
	const char *equals = memchr(*at, '=', (size_t)(end - *at));
	struct kidos_slice name = { *at, equals ? (size_t)(equals - *at) : 0 }, value;

	if (!equals)
		return false;
	*at = equals + 1;
	if (*at == end || **at == ' ') {
		value = (struct kidos_slice){ *at, 0 };
	} else if (**at != '"') {
		value = next_word(at, end);
	} else {
		value.at = *scratch;
		for (++*at; *at < end && **at != '"'; ++*at) {
			if (**at == '\\' && *at + 1 < end)
				++*at;
			*(*scratch)++ = **at;
		}
		value.length = (size_t)(*scratch - value.at);
		if ((*at)++ >= end)
			return false;
	}
	return kidos_log_field_set(record, kidos_log_field_find(&name, KIDOS_FIELDS), &value);
}

enum kidos_row kidos_rows_console(struct kidos_rows *rows, const struct kidos_slice *line,
				  struct kidos_log_record *record)
{
	const char *at = line->at, *end = at + line->length;
	struct kidos_slice time = next_word(&at, end), action = next_word(&at, end);
	struct kidos_slice protocol = next_word(&at, end), src = next_word(&at, end);
	struct kidos_slice arrow = next_word(&at, end), dst = next_word(&at, end);
	char *scratch = rows->scratch;

	if (arrow.length != 2 || memcmp(arrow.at, "->", 2) ||
	    !kidos_log_field_set(record, KIDOS_FIELD_TIME_ISO, &time) ||
	    !kidos_log_field_set(record, KIDOS_FIELD_ACTION, &action) ||
	    !kidos_log_field_set(record, KIDOS_FIELD_PROTOCOL, &protocol) ||
	    !set_end(record, &src, KIDOS_FIELD_SRC, KIDOS_FIELD_SPORT) ||
	    !set_end(record, &dst, KIDOS_FIELD_DST, KIDOS_FIELD_DPORT))
		return KIDOS_ROW_BAD;
	for (at = kidos_skip_blanks(at, end); at < end; at = kidos_skip_blanks(at, end))
		if (!next_pair(&at, end, &scratch, record))
			return KIDOS_ROW_BAD;
	return kidos_log_record_complete(record) ? KIDOS_ROW_RECORD : KIDOS_ROW_BAD;
}
