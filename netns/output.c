/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <stdio.h>

void kn_output_step(void *data, const char *does, const char *step)
{
	struct kn_output *output = data;
	struct json_object *row;

	if (!output->json) {
		printf("%s %s\n", does, step);
		return;
	}
	row = json_object_new_object();
	json_object_object_add(row, "does", json_object_new_string(does));
	json_object_object_add(row, "step", json_object_new_string(step));
	json_object_array_add(output->steps, row);
}

static struct json_object *text_or_null(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

void kn_output_end(struct kn_output *output, const char *command, const char *file, int code,
		   const struct kn_err *err)
{
	struct json_object *out = json_object_new_object();

	json_object_object_add(out, "command", text_or_null(command));
	json_object_object_add(out, "file", text_or_null(file));
	json_object_object_add(out, "ok", json_object_new_boolean(code == 0));
	if (code)
		json_object_object_add(out, "error", json_object_new_string(err->text));
	if (output->steps)
		json_object_object_add(out, "steps", output->steps);
	output->steps = NULL;
	puts(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PRETTY));
	json_object_put(out);
}
