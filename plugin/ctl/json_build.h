/* SPDX-License-Identifier: MIT */
/* json_build.h: json-c's objects in one line each. */
#ifndef KIDOS_CTL_JSON_BUILD_H
#define KIDOS_CTL_JSON_BUILD_H

#include "ctl/state.h"

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

/* What is new a second: nothing unless watched, null at the first poll. */
void json_add_rate(struct json_object *object, const char *name,
		   const struct ctl_interval *interval, uint64_t before, uint64_t now);

/* Prints it, and frees it; _open leaves out the brace at its end, _finish adds a newline. */
void json_print(struct json_object *object);
void json_open(struct json_object *object);
void json_finish(struct json_object *object);

#endif
