/* SPDX-License-Identifier: MIT */
#include "report_json.h"

#include <json-c/json.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "bars.h"
#include "cpu.h"

static void add_text(struct json_object *object, const char *name, const char *value)
{
	json_object_object_add(object, name, json_object_new_string(value));
}

static void add_number(struct json_object *object, const char *name, double value)
{
	json_object_object_add(object, name, json_object_new_double(value));
}

static void add_count(struct json_object *object, const char *name, unsigned long long value)
{
	json_object_object_add(object, name, json_object_new_uint64(value));
}

static struct json_object *cost_object(const struct report_cost *row)
{
	struct json_object *object = json_object_new_object(), *ns = json_object_new_object();
	struct json_object *lost = json_object_new_object();
	unsigned int id;

	add_text(object, "scenario", row->scenario->name);
	add_count(object, "flows", row->scenario->flows);
	add_count(object, "cpus", row->scenario->cpus);
	for (id = 0; id < SUBJECTS; id++) {
		if (!row->costs[id].valid)
			continue;
		if (subject_kinds[id].empty == id) {
			add_number(ns, subject_kinds[id].name, row->costs[id].gross);
			continue;
		}
		add_number(ns, subject_kinds[id].name, row->costs[id].net);
		add_number(lost, subject_kinds[id].name, row->costs[id].lost);
	}
	json_object_object_add(object, "ns", ns);
	json_object_object_add(object, "lost", lost);
	return object;
}

static struct json_object *read_object(const struct report_read *row)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "way", row->way->name);
	add_count(object, "flows", row->result.flows);
	add_count(object, "packets", row->result.packets);
	add_number(object, "wall_ms", row->result.wall_ms);
	add_number(object, "cpu_ms", row->result.cpu_ms);
	if (row->result.resident_kib)
		add_count(object, "resident_kib", row->result.resident_kib);
	return object;
}

static struct json_object *bar_object(const struct bar *bar, double value)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "bar", bar->name);
	add_number(object, "limit", bar->limit);
	add_number(object, "value", value);
	json_object_object_add(object, "pass", json_object_new_boolean(value <= bar->limit));
	return object;
}

void report_json(const struct report *report)
{
	struct json_object *root = json_object_new_object();
	struct json_object *costs = json_object_new_array(), *reads = json_object_new_array();
	struct json_object *array = json_object_new_array();
	const struct bar *bar;
	struct utsname name;
	unsigned int i;
	double value;

	uname(&name);
	add_text(root, "kernel", name.release);
	add_text(root, "cpu", cpu_model());
	for (i = 0; i < report->cost_count; i++)
		json_object_array_add(costs, cost_object(&report->costs[i]));
	for (i = 0; i < report->read_count; i++)
		json_object_array_add(reads, read_object(&report->reads[i]));
	for (bar = bars; bar->name; bar++) {
		if (bar_value(bar, report, &value))
			json_object_array_add(array, bar_object(bar, value));
	}
	json_object_object_add(root, "packet", costs);
	json_object_object_add(root, "read", reads);
	json_object_object_add(root, "bars", array);
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY));
	json_object_put(root);
}
