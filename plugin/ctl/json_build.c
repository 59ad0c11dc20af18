/* SPDX-License-Identifier: MIT */
#include "ctl/json_build.h"
#include "core/text.h"

#include <json-c/json.h>
#include <stdio.h>

void json_add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

void json_add_number(struct json_object *object, const char *name, uint64_t number)
{
	json_object_object_add(object, name, json_object_new_uint64(number));
}

void json_add_null(struct json_object *object, const char *name)
{
	json_object_object_add(object, name, NULL);
}

void json_add_fraction(struct json_object *object, const char *name, double number)
{
	struct json_object *value = json_object_new_double(number);

	json_object_set_serializer(value, json_object_double_to_json_string, (void *)"%.6g", NULL);
	json_object_object_add(object, name, value);
}

void json_add_bool(struct json_object *object, const char *name, bool value)
{
	json_object_object_add(object, name, json_object_new_boolean(value));
}

void json_add_time(struct json_object *object, const char *name, uint64_t realtime_ns)
{
	char text[KIDOS_TEXT_TIME];

	kidos_text_utc(realtime_ns, text);
	json_object_object_add(object, name, realtime_ns ? json_object_new_string(text) : NULL);
}

struct json_object *json_add_object(struct json_object *object, const char *name)
{
	struct json_object *member = json_object_new_object();

	json_object_object_add(object, name, member);
	return member;
}

struct json_object *json_add_array(struct json_object *object, const char *name)
{
	struct json_object *member = json_object_new_array();

	json_object_object_add(object, name, member);
	return member;
}

void json_finish(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}
