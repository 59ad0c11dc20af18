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

static void add_direction(struct json_object *object, unsigned int direction,
			  const struct ctl_interval *interval, const struct kidos_counts *before,
			  const struct kidos_counts *now)
{
	struct json_object *member = json_add_object(object, kidos_direction_names[direction]);
	struct kidos_count then = kidos_counts_sum(before, direction);
	struct kidos_count sum = kidos_counts_sum(now, direction);

	json_add_number(member, "packets", sum.packets);
	json_add_number(member, "bytes", sum.bytes);
	json_add_rate(member, "packets_per_second", interval, then.packets, sum.packets);
	json_add_rate(member, "bytes_per_second", interval, then.bytes, sum.bytes);
}

static void add_counts(struct json_object *object, const struct ctl_interval *interval,
		       const struct kidos_counts *before, const struct kidos_counts *counts)
{
	struct json_object *classes, *errors;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		add_direction(object, d, interval, before, counts);
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

static struct json_object *interface(const struct ctl_summary *summary, size_t index)
{
	const struct ctl_interface *of = &summary->now.interfaces[index];
	struct json_object *object = json_object_new_object();

	json_add_text(object, "interface", of->label);
	json_add_bool(object, "has_device", of->has_device);
	add_counts(object, &summary->interval, ctl_summary_before(summary, of), &of->counts);
	return object;
}

void json_summary_print(const struct ctl_summary *summary)
{
	struct json_object *object = json_object_new_object(), *array;

	json_add_time(object, "time", summary->time_ns);
	array = json_add_array(object, "interfaces");
	for (size_t i = 0; i < summary->now.count; i++)
		json_object_array_add(array, interface(summary, i));
	add_counts(json_add_object(object, "total"), &summary->interval,
		   ctl_summary_total_before(summary), &summary->now.total);
	ctl_briefs_json(&summary->briefs, object);
	json_finish(object);
}
