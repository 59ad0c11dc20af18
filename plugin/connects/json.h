/* SPDX-License-Identifier: MIT */
/* json.h: connections as JSON. */
#ifndef KIDOS_CONNECTS_JSON_H
#define KIDOS_CONNECTS_JSON_H

#include "connects/ctl_scan.h"
#include "connects/ctl_sockets.h"
#include "connects/ctl_sum.h"
#include "connects/ctl_top.h"

struct json_object;

/* The list as one object. */
void json_connects_print(struct ctl_connects_scan *scan);
/* An object a line, for each event. */
void json_connects_lines(struct ctl_connects_scan *scan);

void json_connects_sum_print(const struct ctl_connects_sum *sum);
void json_sockets_print(struct ctl_sockets *sockets, const char *name);
void json_top_print(const struct ctl_top_scan *scan, const struct ctl_top_history *history);

/* "-" stands for what is not there: null. */
void json_add_word(struct json_object *object, const char *name, const char *word);
void json_add_ratio(struct json_object *object, const char *name, double number); /* NAN: null */

#endif
