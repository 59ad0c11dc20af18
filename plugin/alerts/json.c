/* SPDX-License-Identifier: MIT */
#include "alerts/ctl.h"
#include "ctl/json_build.h"

#include <json-c/json.h>

static void add_value(struct json_object *object, enum kidos_notice_field field,
		      const union kidos_notice_value *value)
{
	const struct kidos_notice_row *row = &kidos_notice_fields[field];

	switch (row->type) {
	case KIDOS_NOTICE_STRING:
		json_add_text(object, row->name, value->text);
		break;
	case KIDOS_NOTICE_NUMBER:
		json_add_number(object, row->name, value->number);
		break;
	case KIDOS_NOTICE_REAL:
		json_add_fraction(object, row->name, value->real);
		break;
	case KIDOS_NOTICE_BOOLEAN:
		json_add_bool(object, row->name, value->boolean);
		break;
	}
}

static struct json_object *one(const struct ctl_alert *alert)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "kind", alert->notice.kind);
	json_add_text(object, "instance", alert->notice.instance);
	json_add_text(object, "severity", kidos_severity_names[alert->notice.severity]);
	json_add_time(object, "started", alert->started_ns);
	json_add_time(object, "last", alert->last_ns);
	json_add_time(object, "ended", alert->ended_ns);
	json_add_number(object, "keys", alert->alert.raised);
	json_add_number(object, "told", alert->alert.announced);
	json_add_text(object, "message", alert->notice.message);
	for (unsigned int i = 0; i < KIDOS_NOTICE_FIELDS; i++)
		add_value(object, (enum kidos_notice_field)i, &alert->notice.values[i]);
	return object;
}

void json_alerts_print(const struct ctl_alerts *alerts)
{
	struct json_object *object = json_object_new_object(), *items;

	json_add_time(object, "time", alerts->time_ns);
	json_add_number(object, "rows", alerts->count);
	json_add_bool(object, "cut", alerts->shown < alerts->count);
	items = json_add_array(object, "alerts");
	for (size_t i = 0; i < alerts->shown; i++)
		json_object_array_add(items, one(&alerts->items[i]));
	json_finish(object);
}
