/* SPDX-License-Identifier: MIT */
#include "drops/json.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "ctl/json_build.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

/* "-" stands for what is not there. */
static void add_word(struct json_object *object, const char *name, const char *word)
{
	json_object_object_add(object, name,
			       strcmp(word, "-") ? json_object_new_string(word) : NULL);
}

static void add_address(struct json_object *object, const char *name,
			const struct kidos_drop_record *record, const union kidos_address *address)
{
	char text[KIDOS_TEXT_ADDRESS] = "-";

	if (record->family)
		kidos_address_text(address, record->family == 4, text);
	add_word(object, name, text);
}

static void add_owner(struct json_object *object, const struct kidos_drop_record *record)
{
	bool process =
		record->owner == KIDOS_OWNER_SOCKET || record->owner == KIDOS_OWNER_BYSTANDER;
	char command[KIDOS_TEXT_OWNER];

	kidos_drop_command(record, command);
	json_add_text(object, "owner", kidos_owner_names[record->owner]);
	json_object_object_add(object, "pid",
			       process && record->tgid ? json_object_new_uint64(record->tgid)
						       : NULL);
	add_word(object, "command", process ? command : "-");
	json_add_number(object, "uid", record->uid);
	json_add_number(object, "cgroup", record->cgroup);
}

static void add_names(struct json_object *object, const struct ctl_drop_scan *scan,
		      const struct kidos_drop_record *record)
{
	char word[CTL_WORD];

	ctl_drop_reason(scan->names, record->reason, false, word);
	json_add_text(object, "reason", word);
	ctl_drop_place(scan->names, record->place, true, word);
	add_word(object, "place", word);
	ctl_drop_interface(scan->names, record->netns, record->ifindex, word);
	add_word(object, "interface", word);
}

static struct json_object *json_event(const struct ctl_drop_scan *scan,
				      const struct kidos_drop_view *view)
{
	const struct kidos_drop_record *record = &view->record;
	struct json_object *object = json_object_new_object();

	json_add_time(object, "time", view->time_ns);
	add_names(object, scan, record);
	json_add_text(object, "class", kidos_class_names[record->class]);
	json_add_number(object, "protocol", record->protocol);
	add_address(object, "src", record, &record->src);
	add_address(object, "dst", record, &record->dst);
	json_add_number(object, "sport", record->sport);
	json_add_number(object, "dport", record->dport);
	json_add_number(object, "ethertype", record->ethertype);
	json_add_number(object, "length", record->length);
	add_owner(object, record);
	json_add_bool(object, "policy", record->policy);
	return object;
}

static struct json_object *json_group(const struct ctl_drop_scan *scan,
				      const struct ctl_drop_history *history, size_t index)
{
	const struct kidos_tally_row *row = &scan->groups.rows[index];
	struct json_object *object = json_object_new_object();

	json_add_text(object, ctl_drop_by_names[scan->settings->by], row->text);
	json_add_number(object, "packets", row->count);
	json_add_rate(object, "packets_per_second", &history->interval,
		      kidos_tally_get(&history->groups, row->text), row->count);
	return object;
}

/* The members ahead of the array. */
static void print_head(const struct ctl_drop_scan *scan, const struct ctl_drop_history *history,
		       size_t rows)
{
	const struct ctl_drop_settings *settings = scan->settings;
	struct json_object *object = json_object_new_object();

	json_add_time(object, "time", scan->now_ns);
	json_add_number(object, "total", scan->total);
	json_add_rate(object, "packets_per_second", &history->interval, history->total,
		      scan->total);
	json_add_number(object, "other", scan->other);
	json_add_number(object, "policy", scan->policy);
	json_add_number(object, "missed", scan->maps.state.missed);
	json_add_number(object, "unrecorded", ctl_drop_unrecorded(scan));
	if (scan->recent)
		json_add_number(object, "recent", scan->kept);
	json_add_number(object, "selected", scan->selected);
	if (settings->by != CTL_DROPS_ONE_BY_ONE) {
		json_add_text(object, "by", ctl_drop_by_names[settings->by]);
		json_add_text(object, "of", scan->recent ? "recent" : "all");
	}
	json_add_number(object, "rows", rows);
	json_add_bool(object, "cut", settings->output.limit && settings->output.limit < rows);
	json_open(object);
}

void json_drops_print(const struct ctl_drop_scan *scan, const struct ctl_drop_history *history)
{
	bool events = scan->settings->by == CTL_DROPS_ONE_BY_ONE;
	size_t count = events ? scan->event_count : scan->groups.count;
	size_t limit = scan->settings->output.limit;

	print_head(scan, history, count);
	printf(events ? ",\"drops\":[" : ",\"groups\":[");
	for (size_t i = 0; i < count && (!limit || i < limit); i++) {
		if (i)
			putchar(',');
		json_print(events ? json_event(scan, &scan->events[i])
				  : json_group(scan, history, i));
	}
	puts("]}");
}
