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

void json_add_rate(struct json_object *object, const char *name,
		   const struct ctl_interval *interval, uint64_t before, uint64_t now)
{
	if (interval->watched && interval->seconds > 0)
		json_add_fraction(object, name, ctl_rate(interval, before, now));
	else if (interval->watched)
		json_object_object_add(object, name, NULL);
}

/* Up to so many characters from the end. */
static void print_without(struct json_object *object, size_t end)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	fwrite(text, 1, length - end, stdout);
	json_object_put(object);
}

void json_print(struct json_object *object)
{
	print_without(object, 0);
}

void json_open(struct json_object *object)
{
	print_without(object, 1);
}

void json_finish(struct json_object *object)
{
	json_print(object);
	putchar('\n');
}
