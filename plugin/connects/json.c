/* SPDX-License-Identifier: MIT */
#include "connects/json.h"
#include "core/flow_key.h"
#include "ctl/json_build.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void json_add_word(struct json_object *object, const char *name, const char *word)
{
	json_object_object_add(object, name,
			       strcmp(word, "-") ? json_object_new_string(word) : NULL);
}

void json_add_ratio(struct json_object *object, const char *name, double number)
{
	if (isnan(number))
		json_add_null(object, name);
	else
		json_add_fraction(object, name, number);
}

static void add_number_or_null(struct json_object *object, const char *name, bool known,
			       uint64_t number)
{
	if (known)
		json_add_number(object, name, number);
	else
		json_add_null(object, name);
}

static void add_owner(struct json_object *object, struct ctl_connects_scan *scan,
		      const struct kidos_connect_record *record)
{
	char text[CTL_UNIT];

	add_number_or_null(object, "pid", record->tgid, record->tgid);
	add_number_or_null(object, "pid_initial", record->tgid_initial, record->tgid_initial);
	add_number_or_null(object, "tid", record->tid, record->tid);
	kidos_connect_shown_command(&record->owner, text);
	json_add_word(object, "command", text);
	json_add_number(object, "uid", record->uid);
	json_add_number(object, "cgroup", record->owner.cgroup);
	ctl_connects_path(&scan->cgroups, record->owner.cgroup, text);
	json_add_word(object, "cgroup_path", text);
	ctl_connects_unit(&scan->cgroups, record->owner.cgroup, text);
	json_add_word(object, "unit", text);
	json_add_number(object, "netns", record->netns);
}

static void add_end(struct json_object *object, const char *address_name, const char *port_name,
		    const struct kidos_connect_record *record, bool source)
{
	const union kidos_address *address = source ? &record->src : &record->dst;
	char text[KIDOS_TEXT_ADDRESS] = "-";
	bool ip = kidos_connect_is_ip(record);

	if (ip)
		kidos_address_text(address, record->family == AF_INET, text);
	json_add_word(object, address_name, text);
	add_number_or_null(object, port_name, ip, source ? record->sport : record->dport);
}

static const char *family_of(const struct kidos_connect_record *record)
{
	return record->family == AF_INET    ? "ipv4"
	       : record->family == AF_INET6 ? "ipv6"
	       : record->family == AF_UNIX  ? "unix"
					    : "-";
}

static void add_socket(struct json_object *object, const struct kidos_connect_record *record)
{
	char text[KIDOS_TEXT_ENDPOINT];

	json_add_word(object, "family", family_of(record));
	json_add_text(object, "type", kidos_connect_type(record, text));
	json_add_number(object, "protocol", record->protocol);
	json_add_text(object, "proto", kidos_connect_proto(record, text));
	add_end(object, "src", "sport", record, true);
	add_end(object, "dst", "dport", record, false);
	strcpy(text, "-");
	if (record->family == AF_UNIX)
		kidos_connect_destination(record, text);
	json_add_word(object, "path", text);
}

static void add_outcome(struct json_object *object, const struct kidos_connect_record *record)
{
	bool closed = record->kind == KIDOS_CONNECT_CLOSE,
	     timed = record->kind != KIDOS_CONNECT_SEND;
	char text[KIDOS_CONNECT_RESULT_NAME];

	json_add_word(object, "outcome", kidos_connect_outcome(record, text));
	json_add_number(object, "error", record->error);
	json_add_ratio(object, "seconds",
		       timed && record->kind != KIDOS_CONNECT_ACCEPT ? (double)record->latency / 1e9
								     : NAN);
	json_add_number(object, "count", record->count);
	add_number_or_null(object, "rx", closed, record->rx);
	add_number_or_null(object, "tx", closed, record->tx);
	add_number_or_null(object, "retransmits", closed, record->retransmits);
	json_add_ratio(object, "rtt_seconds", closed ? (double)record->srtt_us / 1e6 : NAN);
}

static struct json_object *json_event(struct ctl_connects_scan *scan,
				      const struct kidos_connect_view *view)
{
	const struct kidos_connect_record *record = &view->record;
	struct json_object *object = json_object_new_object();

	json_add_time(object, "time", view->time_ns);
	json_add_text(object, "kind", kidos_connect_kind_names[record->kind]);
	/* An address in the kernel is nobody's business. */
	add_number_or_null(object, "socket", !(record->socket >> 63), record->socket);
	add_owner(object, scan, record);
	add_socket(object, record);
	add_outcome(object, record);
	return object;
}

void json_connects_print(struct ctl_connects_scan *scan)
{
	struct json_object *object = json_object_new_object();

	json_add_time(object, "time", scan->state->time_ns);
	json_window_add(object, &scan->window);
	json_add_number(object, "selected", scan->selected);
	json_add_number(object, "pids", scan->pids);
	json_add_number(object, "limit", scan->settings->output.limit);
	json_add_bool(object, "truncated", scan->count < scan->selected);
	json_open(object);
	printf(",\"connections\":[");
	for (size_t i = 0; i < scan->count; i++) {
		if (i)
			putchar(',');
		json_print(json_event(scan, &scan->events[i]));
	}
	puts("]}");
}

void json_connects_lines(struct ctl_connects_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		json_finish(json_event(scan, &scan->events[i]));
}
