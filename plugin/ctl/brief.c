/* SPDX-License-Identifier: MIT */
#include "ctl/brief.h"

int ctl_briefs_gather(struct ctl_briefs *briefs, struct ctl_state *state)
{
	int error = 0;

	briefs->interval = state->interval;
	for (size_t i = 0; !error && briefs->table[i]; i++) {
		briefs->table[i]->free(briefs->before[i]);
		briefs->before[i] = briefs->data[i];
		briefs->data[i] = NULL;
		error = briefs->table[i]->gather(state, &briefs->data[i]);
	}
	return error;
}

static struct ctl_brief_view view_of(const struct ctl_briefs *briefs, size_t index)
{
	return (struct ctl_brief_view){ .data = briefs->data[index],
					.before = briefs->before[index],
					.interval = briefs->interval };
}

void ctl_briefs_print(const struct ctl_briefs *briefs)
{
	for (size_t i = 0; briefs->table[i]; i++) {
		struct ctl_brief_view view = view_of(briefs, i);

		briefs->table[i]->print(&view);
	}
}

void ctl_briefs_json(const struct ctl_briefs *briefs, struct json_object *object)
{
	for (size_t i = 0; briefs->table[i]; i++) {
		struct ctl_brief_view view = view_of(briefs, i);

		briefs->table[i]->json(&view, object);
	}
}

bool ctl_briefs_failed(const struct ctl_briefs *briefs)
{
	bool failed = false;

	for (size_t i = 0; briefs->table[i]; i++)
		failed |= briefs->table[i]->failed && briefs->table[i]->failed(briefs->data[i]);
	return failed;
}

void ctl_briefs_free(struct ctl_briefs *briefs)
{
	for (size_t i = 0; briefs->table[i]; i++) {
		briefs->table[i]->free(briefs->data[i]);
		briefs->table[i]->free(briefs->before[i]);
		briefs->data[i] = briefs->before[i] = NULL;
	}
}
