/* SPDX-License-Identifier: MIT */
#include "ctl/brief.h"

int ctl_briefs_gather(struct ctl_briefs *briefs, struct ctl_state *state)
{
	int error = 0;

	for (size_t i = 0; !error && briefs->table[i]; i++)
		error = briefs->table[i]->gather(state, &briefs->data[i]);
	return error;
}

void ctl_briefs_print(const struct ctl_briefs *briefs)
{
	for (size_t i = 0; briefs->table[i]; i++)
		briefs->table[i]->print(briefs->data[i]);
}

void ctl_briefs_json(const struct ctl_briefs *briefs, struct json_object *object)
{
	for (size_t i = 0; briefs->table[i]; i++)
		briefs->table[i]->json(briefs->data[i], object);
}

void ctl_briefs_free(struct ctl_briefs *briefs)
{
	for (size_t i = 0; briefs->table[i]; i++) {
		briefs->table[i]->free(briefs->data[i]);
		briefs->data[i] = NULL;
	}
}
