/* SPDX-License-Identifier: MIT */
#ifndef KN_OUTPUT_H
#define KN_OUTPUT_H

#include "netlink/err.h"

#include <json-c/json.h>
#include <stdbool.h>

/* What a command prints on standard output: text as it goes, or one JSON object at its end. */
struct kn_output {
	bool json;
	struct json_object *steps; /* of a dry run's plan, once there is one */
};

/* A kn_plan_line; data is the output. */
void kn_output_step(void *data, const char *does, const char *step);

/* The JSON object: command and file (null if there is none), file, ok, error if code is not 0, and
 * the steps. Frees them. */
void kn_output_end(struct kn_output *output, const char *command, const char *file, int code,
		   const struct kn_err *err);

#endif
