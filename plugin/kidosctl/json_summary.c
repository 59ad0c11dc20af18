/* SPDX-License-Identifier: MIT */
#include "core/names.h"
#include "ctl/json_build.h"
#include "kidosctl/summary.h"

#include <json-c/json.h>

static void add_count(struct json_object *object, const char *name, const struct kidos_count *count)
{
	struct json_object *member = json_add_object(object, name);

	json_add_number(member, "packets", count->packets);
	json_add_number(member, "bytes", count->bytes);
}

static void add_counts(struct json_object *object, const struct kidos_counts *counts)
{
	struct json_object *classes, *errors;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		struct kidos_count sum = kidos_counts_sum(counts, d);

		add_count(object, kidos_direction_names[d], &sum);
	}
	classes = json_add_object(object, "classes");
	for (unsigned int i = 0; i < KIDOS_CLASSES; i++) {
		struct json_object *class = json_add_object(classes, kidos_class_names[i]);

		for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
			add_count(class, kidos_direction_names[d], &counts->classes[d][i]);
	}
	errors = json_add_object(object, "errors");
	for (unsigned int i = KIDOS_PARSE_OK + 1; i < KIDOS_PARSE_ERRORS; i++)
		json_add_number(errors, kidos_error_names[i], counts->errors[i]);
}

void json_summary_print(const struct ctl_summary *summary)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_add_array(object, "interfaces");

	for (size_t i = 0; i < summary->count; i++) {
		struct json_object *interface = json_object_new_object();

		json_add_text(interface, "interface", summary->interfaces[i].label);
		json_add_bool(interface, "has_device", summary->interfaces[i].has_device);
		add_counts(interface, &summary->interfaces[i].counts);
		json_object_array_add(array, interface);
	}
	add_counts(json_add_object(object, "total"), &summary->total);
	ctl_briefs_json(&summary->briefs, object);
	json_finish(object);
}
