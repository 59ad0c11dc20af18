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
	struct kidos_collector_status *statuses = calloc(KIDOS_COLLECTORS, sizeof(*statuses));
	struct kidos_control_maps maps;
	int error;

	*data = statuses;
	if (!statuses)
		return -ENOMEM;
	error = kidos_control_open(&maps, state->path);
	for (unsigned int i = 0; !error && i < KIDOS_COLLECTORS; i++) {
		struct kidos_collector_status *status = &statuses[i];

		error = kidos_control_read(&maps, KIDOS_CONTROL_COLLECTORS, i, status);
		status->reason[sizeof(status->reason) - 1] = '\0';
		if (status->state > KIDOS_COLLECTOR_FAILED)
			status->state = KIDOS_COLLECTOR_ABSENT;
	}
	kidos_control_close(&maps);
	return error;
}

static void print(const struct ctl_brief_view *view)
{
	const struct kidos_collector_status *statuses = view->data;
	char reason[4 * KIDOS_CONTROL_TEXT];

	printf("collectors ");
	for (unsigned int i = 0; i < KIDOS_COLLECTORS; i++) {
		kidos_text_escape(statuses[i].reason, reason, sizeof(reason));
		printf("%s %s %s%s%s%s", i ? "," : "", kidos_collector_names[i],
		       kidos_collector_state_names[statuses[i].state], *reason ? " (" : "", reason,
		       *reason ? ")" : "");
	}
	printf("\n");
}

static void json(const struct ctl_brief_view *view, struct json_object *object)
{
	const struct kidos_collector_status *statuses = view->data;
	struct json_object *collectors = json_add_object(object, "collectors");

	for (unsigned int i = 0; i < KIDOS_COLLECTORS; i++) {
		struct json_object *collector =
			json_add_object(collectors, kidos_collector_names[i]);
		char reason[4 * KIDOS_CONTROL_TEXT];

		kidos_text_escape(statuses[i].reason, reason, sizeof(reason));
		json_add_text(collector, "state", kidos_collector_state_names[statuses[i].state]);
		json_add_text(collector, "reason", reason);
	}
}

static bool failed(const void *data)
{
	const struct kidos_collector_status *statuses = data;
	bool any = false;

	for (unsigned int i = 0; i < KIDOS_COLLECTORS; i++)
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
