/* SPDX-License-Identifier: MIT */
#include "ctl/json_build.h"
#include "drops/ctl_brief.h"

#include <json-c/json.h>

void json_drop_brief(struct json_object *object, const struct ctl_drop_brief *brief)
{
	struct json_object *drops = json_add_object(object, "drops"), *reasons;

	json_add_bool(drops, "counted", brief->counted);
	json_add_bool(drops, "running", brief->running);
	json_add_text(drops, "rung", brief->rung);
	json_add_text(drops, "cannot_see", brief->blind);
	json_add_number(drops, "total", brief->total);
	json_add_number(drops, "missed", brief->missed);
	json_add_number(drops, "other", brief->other);
	json_add_number(drops, "policy", brief->policy);
	reasons = json_add_object(drops, "reasons");
	for (size_t i = 0; i < brief->reasons.count; i++)
		json_add_number(reasons, brief->reasons.rows[i].text, brief->reasons.rows[i].count);
}
