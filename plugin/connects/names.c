/* SPDX-License-Identifier: MIT */
#include "connects/names.h"
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const kidos_connect_kind_names[] = {
	[KIDOS_CONNECT_CONNECT] = "connect",
	[KIDOS_CONNECT_SEND] = "send",
	[KIDOS_CONNECT_ACCEPT] = "accept",
	[KIDOS_CONNECT_CLOSE] = "close",
};

const char *const kidos_connect_protocol_names[KIDOS_CONNECT_PROTOCOLS] = {
	[KIDOS_CONNECT_TCP] = "tcp",
	[KIDOS_CONNECT_UDP] = "udp",
	[KIDOS_CONNECT_UNIX] = "unix",
	[KIDOS_CONNECT_OTHER] = "other",
};

/* What people call them. */
static const struct {
	const char *name;
	int result;
} words[] = {
	{ "established", KIDOS_CONNECT_RESULT_OK },
	{ "refused", ECONNREFUSED },
	{ "timeout", ETIMEDOUT },
	{ "reset", ECONNRESET },
};

const char *kidos_connect_result_name(unsigned int result, char name[KIDOS_CONNECT_RESULT_NAME])
{
	const char *known = result ? strerrorname_np((int)result) : "ok";

	if (result == KIDOS_CONNECT_RESULT_ABANDONED)
		known = "abandoned";
	else if (result == KIDOS_CONNECT_RESULT_LOST)
		known = "lost";
	else if (result == KIDOS_CONNECT_ERRNO_UNKNOWN)
		known = "unknown";
	if (known)
		snprintf(name, KIDOS_CONNECT_RESULT_NAME, "%s", known);
	else
		snprintf(name, KIDOS_CONNECT_RESULT_NAME, "errno_%u", result);
	return name;
}

int kidos_connect_result_parse(const char *text)
{
	char name[KIDOS_CONNECT_RESULT_NAME];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i].name))
			return words[i].result;
	for (unsigned int result = 0; result < KIDOS_CONNECT_RESULTS; result++)
		if (!strcasecmp(text, kidos_connect_result_name(result, name)))
			return (int)result;
	return -1;
}

unsigned int kidos_connect_result_of(const struct kidos_connect_record *record)
{
	switch (record->outcome) {
	case KIDOS_CONNECT_SUCCEEDED:
		return KIDOS_CONNECT_RESULT_OK;
	case KIDOS_CONNECT_FAILED:
		return record->error && record->error < KIDOS_CONNECT_ERRNOS
			       ? record->error
			       : KIDOS_CONNECT_ERRNO_UNKNOWN;
	case KIDOS_CONNECT_ABANDONED:
		return KIDOS_CONNECT_RESULT_ABANDONED;
	default:
		return KIDOS_CONNECT_RESULT_LOST;
	}
}

/* It may fill its field, without a NUL. */
static void end(const char comm[KIDOS_COMM], char raw[KIDOS_COMM + 1])
{
	memcpy(raw, comm, KIDOS_COMM);
	raw[KIDOS_COMM] = '\0';
}

void kidos_connect_series_name(const char comm[KIDOS_COMM], char text[KIDOS_CONNECT_COMMAND])
{
	char raw[KIDOS_COMM + 1];

	end(comm, raw);
	kidos_text_series(raw, text, KIDOS_CONNECT_COMMAND);
}

void kidos_connect_command(const char comm[KIDOS_COMM], char text[KIDOS_CONNECT_COMMAND])
{
	char raw[KIDOS_COMM + 1];

	end(comm, raw);
	kidos_text_escape(raw, text, KIDOS_CONNECT_COMMAND);
}

bool kidos_connect_is_command(const char *text, const char comm[KIDOS_COMM])
{
	char raw[KIDOS_COMM + 1], safe[KIDOS_CONNECT_COMMAND];

	end(comm, raw);
	if (!strcmp(text, raw))
		return true;
	kidos_connect_command(comm, safe);
	if (!strcmp(text, safe))
		return true;
	kidos_connect_series_name(comm, safe);
	return !strcmp(text, safe);
}
