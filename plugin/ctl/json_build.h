/* SPDX-License-Identifier: MIT */
/* json_build.h: json-c's objects in one line each. */
#ifndef KIDOS_CTL_JSON_BUILD_H
#define KIDOS_CTL_JSON_BUILD_H

#include <stdbool.h>
#include <stdint.h>

struct json_object;

void json_add_text(struct json_object *object, const char *name, const char *text);
void json_add_number(struct json_object *object, const char *name, uint64_t number);
void json_add_null(struct json_object *object, const char *name); /* not known */
void json_add_fraction(struct json_object *object, const char *name, double number);
void json_add_bool(struct json_object *object, const char *name, bool value);
/* RFC 3339 in UTC; null for 0, which is no time. */
void json_add_time(struct json_object *object, const char *name, uint64_t realtime_ns);
/* A new object, array as member of another; the other owns it. */
struct json_object *json_add_object(struct json_object *object, const char *name);
struct json_object *json_add_array(struct json_object *object, const char *name);

/* Prints it with a newline, and frees it. */
void json_finish(struct json_object *object);

#endif
