/* SPDX-License-Identifier: MIT */
#include "capture/json.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "ctl/json_build.h"

#include <json-c/json.h>
#include <stdio.h>

static struct json_object *json_capture(const struct kidos_capture_row *row, const char *directory)
{
	struct json_object *object = json_object_new_object(), *fates;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, row->file);
	json_add_number(object, "number", row->number);
	json_add_text(object, "state", kidos_capture_stage_names[row->stage]);
	json_add_bool(object, "evidence", row->evidence);
	json_add_text(object, "captures", row->words);
	json_add_text(object, "file", path);
	json_add_time(object, "started", row->started_ns);
	json_add_time(object, "ended", row->ended_ns);
	json_add_text(object, "end", row->end);
	json_add_number(object, "bytes", row->bytes);
	json_add_number(object, "matched", row->matched);
	json_add_number(object, "unseen", row->unseen);
	fates = json_add_object(object, "of_these");
	for (unsigned int i = 0; i < KIDOS_FATES; i++)
		json_add_number(fates, kidos_fate_names[i], row->fates[i]);
	return object;
}

void json_captures_print(const struct ctl_state *state, const int maps[KIDOS_CAPTURE_MAPS],
			 const struct kidos_capture_row *rows, size_t count)
{
	struct json_object *object = json_object_new_object(), *captures;
	struct kidos_capture_state now = {};

	if (maps[KIDOS_CAPTURE_MAP_STATE] >= 0)
		kidos_map_read(maps[KIDOS_CAPTURE_MAP_STATE], 0, &now);
	now.directory[sizeof(now.directory) - 1] = '\0';
	json_add_time(object, "time", state->time_ns);
	captures = json_add_array(object, "captures");
	for (size_t i = 0; i < count; i++)
		json_object_array_add(captures, json_capture(&rows[i], now.directory));
	json_finish(object);
}

static void add_address(struct json_object *object, const char *name, bool ipv4,
			const union kidos_address *address)
{
	char text[KIDOS_TEXT_ADDRESS];

	kidos_address_text(address, ipv4, text);
	json_add_text(object, name, text);
}

static struct json_object *json_mirror(const struct kidos_mirror_state *mirror)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "namespace", mirror->netns);
	json_add_text(object, "interface", mirror->name);
	json_add_number(object, "sockets", mirror->sockets);
	json_add_bool(object, "zero_copy", mirror->zero_copy);
	json_add_text(object, "reason", mirror->reason);
	json_add_number(object, "seen", mirror->seen);
	json_add_number(object, "received", mirror->received);
	json_add_number(object, "received_bytes", mirror->received_bytes);
	json_add_number(object, "lost_rx_dropped", mirror->rx_dropped);
	json_add_number(object, "lost_rx_ring_full", mirror->rx_ring_full);
	json_add_number(object, "passed", mirror->passed);
	return object;
}

static struct json_object *json_pair(const struct kidos_pair *pair)
{
	struct json_object *object = json_object_new_object();

	add_address(object, "src", pair->ipv4, &pair->src);
	add_address(object, "dst", pair->ipv4, &pair->dst);
	json_add_number(object, "protocol", pair->protocol);
	json_add_number(object, "packets", pair->packets);
	json_add_number(object, "bytes", pair->bytes);
	return object;
}

static struct json_object *json_record(const struct ctl_packets *packets,
				       const struct kidos_packet_record *record)
{
	struct json_object *object = json_object_new_object();
	unsigned int mirror = record->mirror - 1u;

	json_add_time(object, "time", record->time_ns);
	json_add_text(object, "interface",
		      mirror < KIDOS_MIRRORS ? packets->state.mirrors[mirror].name : "");
	json_add_text(object, "class", kidos_class_names[record->class]);
	json_add_number(object, "length", record->length);
	if (!record->has_key)
		return object;
	add_address(object, "src", record->ipv4, &record->src);
	add_address(object, "dst", record->ipv4, &record->dst);
	json_add_number(object, "protocol", record->protocol);
	json_add_number(object, "sport", record->sport);
	json_add_number(object, "dport", record->dport);
	json_add_number(object, "vlan", record->vlan);
	return object;
}

static void add_count(struct json_object *object, const char *name, const struct kidos_count *count)
{
	struct json_object *member = json_add_object(object, name);

	json_add_number(member, "packets", count->packets);
	json_add_number(member, "bytes", count->bytes);
}

void json_packets_print(const struct ctl_state *state, const struct ctl_packets *packets)
{
	struct json_object *object = json_object_new_object(), *array;

	json_add_time(object, "time", state->time_ns);
	json_add_time(object, "pairs_since", packets->state.since_ns);
	array = json_add_array(object, "mirrors");
	for (unsigned int i = 0; i < KIDOS_MIRRORS; i++)
		if (*packets->state.mirrors[i].name)
			json_object_array_add(array, json_mirror(&packets->state.mirrors[i]));
	json_add_number(object, "pairs_known", packets->pairs_known);
	array = json_add_array(object, "pairs");
	for (size_t i = 0; i < packets->pair_count; i++)
		json_object_array_add(array, json_pair(&packets->pairs[i]));
	add_count(object, "other_pairs", &packets->state.unpaired);
	add_count(object, "without_addresses", &packets->state.keyless);
	array = json_add_array(object, "packets");
	for (size_t i = 0; i < packets->record_count; i++)
		json_object_array_add(array, json_record(packets, &packets->records[i]));
	json_finish(object);
}
