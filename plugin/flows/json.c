/* SPDX-License-Identifier: MIT */
#include "flows/json.h"
#include "core/community_id.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "ctl/json_build.h"

#include <json-c/json.h>
#include <stdio.h>

static void add_counts(struct json_object *object, const struct ctl_interval *interval,
		       const struct kidos_flow_row *row)
{
	const struct kidos_flow_view *view = &row->view;

	json_add_number(object, "packets", view->packets);
	json_add_number(object, "bytes", view->bytes);
	json_add_rate(object, "packets_per_second", interval, 0, row->new_packets);
	json_add_rate(object, "bytes_per_second", interval, 0, row->new_bytes);
	json_add_time(object, "first", view->first_ns);
	json_add_time(object, "last", view->last_ns);
}

static void add_address(struct json_object *object, const char *name, bool ipv4,
			const union kidos_address *address)
{
	char text[KIDOS_TEXT_ADDRESS];

	kidos_address_text(address, ipv4, text);
	json_add_text(object, name, text);
}

struct json_object *json_flow(const struct ctl_state *state, const struct ctl_interval *interval,
			      const struct kidos_flow_row *row)
{
	const struct kidos_flow_key *key = &row->view.key;
	struct json_object *object = json_object_new_object();
	char label[CTL_LABEL], id[KIDOS_COMMUNITY_ID];

	ctl_label(state, kidos_key_slot(key), label);
	kidos_community_id(key, id);
	json_add_text(object, "interface", label);
	json_add_text(object, "direction", kidos_direction_names[kidos_key_direction(key)]);
	json_add_number(object, "protocol", kidos_key_protocol(key));
	add_address(object, "src", kidos_key_is_ipv4(key), &key->src);
	add_address(object, "dst", kidos_key_is_ipv4(key), &key->dst);
	json_add_number(object, "sport", key->sport);
	json_add_number(object, "dport", key->dport);
	json_add_number(object, "vlan", kidos_key_vlan(key));
	add_counts(object, interval, row);
	json_add_number(object, "tcp_flags", row->view.tcp_flags);
	json_add_text(object, "community_id", id);
	return object;
}

static struct json_object *json_group(const struct ctl_state *state,
				      const struct ctl_interval *interval,
				      const struct kidos_flow_grouping *grouping,
				      const struct kidos_flow_row *row)
{
	struct json_object *object = json_object_new_object();
	char text[CTL_LABEL];

	if (grouping->by == KIDOS_GROUP_INTERFACE)
		ctl_label(state, kidos_key_slot(&row->view.key), text);
	else
		kidos_flow_group_text(grouping, &row->view.key, text);
	json_add_text(object, kidos_flow_group_names[grouping->by], text);
	json_add_number(object, "flows", row->flows);
	add_counts(object, interval, row);
	return object;
}

static void print_head(const struct kidos_flow_grouping *grouping, const struct ctl_scan *scan)
{
	struct json_object *object = json_object_new_object();
	uint64_t rows = ctl_scan_rows(scan);

	json_add_time(object, "time", scan->clock.realtime_ns);
	json_add_number(object, "rows", rows);
	json_add_bool(object, "cut", scan->top.count < rows);
	if (grouping->by != KIDOS_GROUP_NONE)
		json_add_text(object, "group", kidos_flow_group_names[grouping->by]);
	json_open(object);
}

void json_flows_print(const struct ctl_state *state, const struct kidos_flow_grouping *grouping,
		      const struct ctl_scan *scan)
{
	struct ctl_interval interval = { .watched = scan->history };
	bool groups = grouping->by != KIDOS_GROUP_NONE;

	if (scan->history)
		interval.seconds = kidos_flow_history_seconds(scan->history);
	print_head(grouping, scan);
	printf(groups ? ",\"groups\":[" : ",\"flows\":[");
	for (size_t i = 0; i < scan->top.count; i++) {
		const struct kidos_flow_row *row = &scan->top.rows[i];

		if (i)
			putchar(',');
		json_print(groups ? json_group(state, &interval, grouping, row)
				  : json_flow(state, &interval, row));
	}
	puts("]}");
}
