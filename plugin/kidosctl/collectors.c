/* SPDX-License-Identifier: MIT */
/* collectors.c: which collectors are on, for `status`. */
#include "core/text.h"
#include "ctl/json_build.h"
#include "kidosctl/commands.h"
#include "state/control_maps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int gather(struct ctl_state *state, void **data)
{
	struct kidos_collector_status *statuses =
		calloc(KIDOS_COLLECTORS_MAX + 1, sizeof(*statuses));
	int maps[KIDOS_CONTROL_MAPS];
	int error;

	*data = statuses;
	if (!statuses)
		return -ENOMEM;
	error = kidos_control_open(maps, state->path);
	for (unsigned int i = 0; !error && i < KIDOS_COLLECTORS_MAX; i++) {
		struct kidos_collector_status *status = &statuses[i];

		error = kidos_map_read(maps[KIDOS_CONTROL_COLLECTORS], i, status);
		status->name[sizeof(status->name) - 1] = '\0';
		status->reason[sizeof(status->reason) - 1] = '\0';
		if (status->state > KIDOS_COLLECTOR_FAILED)
			status->state = KIDOS_COLLECTOR_ABSENT;
	}
	kidos_map_set_close(&kidos_control_map_set, maps);
	return error;
}

static void print(const struct ctl_brief_view *view)
{
	const struct kidos_collector_status *statuses = view->data;
	char reason[4 * KIDOS_CONTROL_TEXT], name[4 * KIDOS_COLLECTOR_NAME];

	printf("collectors ");
	for (unsigned int i = 0; *statuses[i].name; i++) {
		kidos_text_escape(statuses[i].name, name, sizeof(name));
		kidos_text_escape(statuses[i].reason, reason, sizeof(reason));
		printf("%s %s %s%s%s%s", i ? "," : "", name,
		       kidos_collector_state_names[statuses[i].state], *reason ? " (" : "", reason,
		       *reason ? ")" : "");
	}
	printf("\n");
}

static void json(const struct ctl_brief_view *view, struct json_object *object)
{
	const struct kidos_collector_status *statuses = view->data;
	struct json_object *collectors = json_add_object(object, "collectors");

	for (unsigned int i = 0; *statuses[i].name; i++) {
		char reason[4 * KIDOS_CONTROL_TEXT], name[4 * KIDOS_COLLECTOR_NAME];
		struct json_object *collector;

		kidos_text_escape(statuses[i].name, name, sizeof(name));
		collector = json_add_object(collectors, name);
		kidos_text_escape(statuses[i].reason, reason, sizeof(reason));
		json_add_text(collector, "state", kidos_collector_state_names[statuses[i].state]);
		json_add_text(collector, "reason", reason);
	}
}

static bool failed(const void *data)
{
	const struct kidos_collector_status *statuses = data;
	bool any = false;

	for (unsigned int i = 0; *statuses[i].name; i++)
		any |= statuses[i].state == KIDOS_COLLECTOR_FAILED;
	return any;
}

const struct ctl_brief ctl_collectors_in_status = {
	.gather = gather,
	.print = print,
	.json = json,
	.free = free,
	.failed = failed,
};
