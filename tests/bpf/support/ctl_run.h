/* SPDX-License-Identifier: MIT */
/* ctl_run.h: the real kidosctl on a state directory, and what it said. */
#ifndef KIDOS_CTL_RUN_H
#define KIDOS_CTL_RUN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "state/control_maps.h"
#include "state/directory.h"

/* The maps between plugin and kidosctl, made and pinned; 0 or -errno. */
int ctl_make_control(const struct kidos_state *state, int control[KIDOS_CONTROL_MAPS]);

/* The state directory that kidosctl is to read. */
extern char ctl_path[64];
/* Both of its outputs at the last run. */
extern char ctl_output[1 << 20];

/* Runs kidosctl with the arguments; returns its exit status. */
int ctl_run(const char *arguments);

/* The same as a user without any right but membership of the group; no shell, words by spaces. */
int ctl_run_as_member(unsigned int group, const char *arguments);

void ctl_assert_says(const char *words);

/* What it printed as JSON, to be put; fails the test unless the exit status is 0. */
struct json_object *ctl_run_json(const char *arguments);

/*
 * Line n, from 0, of the last run, which printed an object a line; to be put. No such line fails
 * the test.
 */
struct json_object *ctl_line(unsigned int n);

/* Lets kidosctl print so many lines, 30 s at most, then interrupts it; its exit status. */
int ctl_run_until(const char *arguments, unsigned int lines);

/* Three JSON objects of a command that watches. */
void ctl_run_watch(const char *arguments);

/* By JSON pointer; a path that is not there fails the test. */
struct json_object *ctl_at(struct json_object *object, const char *path);
int64_t ctl_number(struct json_object *object, const char *path);
const char *ctl_text(struct json_object *object, const char *path);

#endif
