/* SPDX-License-Identifier: MIT */
#include "connects/view.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define MPTCP 262 /* IPPROTO_MPTCP */

static const struct {
	const char *name;
	int number;
} types[] = {
	{ "stream", SOCK_STREAM },
	{ "dgram", SOCK_DGRAM },
	{ "raw", SOCK_RAW },
	{ "seqpacket", SOCK_SEQPACKET },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

bool kidos_connect_is_ip(const struct kidos_connect_record *record)
{
	return record->family == AF_INET || record->family == AF_INET6;
}

void kidos_connect_view_of(const struct kidos_connect_record *record, uint64_t boot_ns,
			   const struct kidos_privacy *privacy, struct kidos_connect_view *view)
{
	bool ipv4 = record->family == AF_INET;

	view->record = *record;
	view->time_ns = record->time + boot_ns;
	view->command_hidden = privacy->hide_commands;
	kidos_privacy_command(privacy, view->record.owner.comm, sizeof(view->record.owner.comm));
	if (!kidos_connect_is_ip(record))
		return;
	kidos_privacy_ends(privacy, ipv4, &view->record.src, &view->record.dst);
}

static bool has_outcome(const struct kidos_connect_record *record)
{
	return record->kind == KIDOS_CONNECT_CONNECT || record->kind == KIDOS_CONNECT_SEND;
}

static bool result_matches(int wanted, const struct kidos_connect_record *record)
{
	unsigned int result = kidos_connect_result_of(record);

	if (wanted == KIDOS_FILTER_ANY)
		return true;
	if (!has_outcome(record))
		return false;
	if (wanted == KIDOS_CONNECT_RESULT_FAILED)
		return result && result < KIDOS_CONNECT_ERRNOS;
	if (wanted == KIDOS_CONNECT_RESULT_UNREACHABLE)
		return result == EHOSTUNREACH || result == ENETUNREACH;
	return wanted == (int)result;
}

static bool dest_matches(const struct kidos_connect_dest *dest,
			 const struct kidos_connect_record *record)
{
	char path[KIDOS_TEXT_ENDPOINT];

	if (dest->path) {
		kidos_connect_destination(record, path);
		return record->family == AF_UNIX && !strcmp(dest->path, path);
	}
	if (dest->has_prefix &&
	    (!kidos_connect_is_ip(record) || dest->prefix.ipv4 != (record->family == AF_INET) ||
	     !kidos_prefix_holds(&dest->prefix, &record->dst)))
		return false;
	return dest->port == KIDOS_FILTER_ANY ||
	       (kidos_connect_is_ip(record) && dest->port == record->dport);
}

static bool is(int wanted, unsigned int got)
{
	return wanted == KIDOS_FILTER_ANY || wanted == (int)got;
}

bool kidos_connect_matches(const struct kidos_connect_filter *filter,
			   const struct kidos_connect_view *view)
{
	const struct kidos_connect_record *record = &view->record;

	if (view->time_ns < filter->since_ns ||
	    (filter->until_ns && view->time_ns > filter->until_ns))
		return false;
	if (filter->pid && record->tgid != filter->pid &&
	    (record->tgid || record->tgid_initial != filter->pid))
		return false;
	if (filter->command && (view->command_hidden ||
				!kidos_connect_is_command(filter->command, record->owner.comm)))
		return false;
	return is(filter->kind, record->kind) && is(filter->type, record->type) &&
	       is(filter->protocol, record->protocol) && is(filter->family, record->family) &&
	       result_matches(filter->result, record) && dest_matches(&filter->dest, record);
}

bool kidos_connect_filter_outcome(const char *text, struct kidos_connect_filter *filter)
{
	if (!strcasecmp(text, "failed"))
		filter->result = KIDOS_CONNECT_RESULT_FAILED;
	else if (!strcasecmp(text, "unreachable"))
		filter->result = KIDOS_CONNECT_RESULT_UNREACHABLE;
	else
		filter->result = kidos_connect_result_parse(text);
	return filter->result >= 0;
}

bool kidos_connect_filter_proto(const char *text, struct kidos_connect_filter *filter)
{
	uint64_t number;

	if (!strcasecmp(text, "unix"))
		filter->family = AF_UNIX;
	else if (!strcasecmp(text, "mptcp"))
		filter->protocol = MPTCP;
	else if (kidos_text_number(text, 0, UINT16_MAX, &number))
		filter->protocol = (int)number;
	else
		return kidos_protocol_parse(text, &filter->protocol);
	return true;
}

bool kidos_connect_filter_type(const char *text, struct kidos_connect_filter *filter)
{
	for (size_t i = 0; i < TYPES; i++)
		if (!strcasecmp(text, types[i].name))
			filter->type = types[i].number;
	return filter->type != KIDOS_FILTER_ANY;
}

bool kidos_connect_filter_kind(const char *text, struct kidos_connect_filter *filter)
{
	for (int i = KIDOS_CONNECT_CONNECT; i < KIDOS_CONNECT_KINDS; i++)
		if (!strcasecmp(text, kidos_connect_kind_names[i]))
			filter->kind = i;
	return filter->kind != KIDOS_FILTER_ANY;
}

/* What stands behind the last colon, unless that is within an IPv6 address. */
static const char *port_of(const char *text)
{
	const char *colon = strrchr(text, ':');

	if (!colon || (*text != '[' && strchr(text, ':') != colon) ||
	    (*text == '[' && colon > text && colon[-1] != ']'))
		return NULL;
	return colon + 1;
}

static bool parse_address(const char *text, size_t length, struct kidos_connect_dest *dest)
{
	char address[KIDOS_TEXT_ADDRESS + 8];

	if (!length)
		return true;
	if (*text == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	dest->has_prefix = true;
	return kidos_prefix_parse(address, &dest->prefix);
}

bool kidos_connect_filter_dest(const char *text, struct kidos_connect_dest *dest)
{
	const char *port;
	uint64_t number;

	if (*text == '/' || *text == '@') {
		dest->path = text;
		return true;
	}
	port = port_of(text);
	if (!port)
		return *text && parse_address(text, strlen(text), dest);
	if (!kidos_text_number(port, 1, UINT16_MAX, &number))
		return false;
	dest->port = (int)number;
	return parse_address(text, (size_t)(port - 1 - text), dest);
}

void kidos_connect_end(const union kidos_address *address, unsigned int port, bool ipv4,
		       char text[KIDOS_TEXT_ENDPOINT])
{
	char name[KIDOS_TEXT_ADDRESS];

	kidos_address_text(address, ipv4, name);
	snprintf(text, KIDOS_TEXT_ENDPOINT, ipv4 ? "%s:%u" : "[%s]:%u", name, port);
}

/* An abstract path begins with NUL and may hold more of them: shown as @, as ss does. */
static void path_text(const struct kidos_connect_record *record, char text[KIDOS_TEXT_ENDPOINT])
{
	char raw[KIDOS_CONNECT_PATH + 1] = "";
	size_t length = record->path_length;

	if (length > KIDOS_CONNECT_PATH)
		length = KIDOS_CONNECT_PATH;
	memcpy(raw, record->path, length);
	if (length && !*raw)
		for (size_t i = 0; i < length; i++)
			raw[i] = raw[i] ? raw[i] : '@';
	kidos_text_escape(raw, text, KIDOS_TEXT_ENDPOINT);
	if (!*text)
		strcpy(text, "-");
}

void kidos_connect_source(const struct kidos_connect_record *record, char text[KIDOS_TEXT_ENDPOINT])
{
	if (kidos_connect_is_ip(record))
		kidos_connect_end(&record->src, record->sport, record->family == AF_INET, text);
	else
		strcpy(text, "-");
}

void kidos_connect_destination(const struct kidos_connect_record *record,
			       char text[KIDOS_TEXT_ENDPOINT])
{
	if (kidos_connect_is_ip(record))
		kidos_connect_end(&record->dst, record->dport, record->family == AF_INET, text);
	else if (record->family == AF_UNIX)
		path_text(record, text);
	else
		strcpy(text, "-");
}

const char *kidos_connect_proto(const struct kidos_connect_record *record,
				char text[KIDOS_TEXT_PROTO])
{
	char number[8];

	if (record->family == AF_UNIX)
		strcpy(text, "unix");
	else if (record->protocol == MPTCP)
		strcpy(text, "mptcp");
	else if (record->protocol < 256 && kidos_connect_is_ip(record))
		snprintf(text, KIDOS_TEXT_PROTO, "%s",
			 kidos_protocol_name(record->protocol, number));
	else
		snprintf(text, KIDOS_TEXT_PROTO, "%u", record->protocol);
	return text;
}

const char *kidos_connect_type(const struct kidos_connect_record *record,
			       char text[KIDOS_TEXT_PROTO])
{
	snprintf(text, KIDOS_TEXT_PROTO, "%u", record->type);
	for (size_t i = 0; i < TYPES; i++)
		if (record->type == types[i].number)
			strcpy(text, types[i].name);
	return text;
}

const char *kidos_connect_outcome(const struct kidos_connect_record *record,
				  char text[KIDOS_CONNECT_RESULT_NAME])
{
	if (!has_outcome(record))
		strcpy(text, "-");
	else
		kidos_connect_result_name(kidos_connect_result_of(record), text);
	return text;
}

void kidos_connect_shown_command(const struct kidos_connect_owner *owner,
				 char text[KIDOS_CONNECT_COMMAND])
{
	kidos_connect_command(owner->comm, text);
	if (!*text)
		strcpy(text, "-");
}
