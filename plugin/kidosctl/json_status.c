/* SPDX-License-Identifier: MIT */
#include "core/names.h"
#include "core/text.h"
#include "ctl/json_build.h"
#include "kidosctl/status.h"

#include <json-c/json.h>

static void add_daemon(struct json_object *object, const struct ctl_status *status)
{
	const struct kidos_meta *meta = &status->state->maps.meta;
	char version[4 * sizeof(meta->version)];

	kidos_text_escape(meta->version, version, sizeof(version));
	json_add_text(object, "state", kidos_health_names[status->health]);
	json_add_text(object, "reason", status->why);
	json_add_number(object, "pid", meta->pid);
	json_add_text(object, "version", version);
	json_add_time(object, "started", meta->started_ns);
	json_add_time(object, "last_poll", meta->last_poll_ns);
	json_add_fraction(object, "interval", (double)meta->interval_ns / 1e9);
	json_add_fraction(object, "poll", (double)meta->poll_cost_ns / 1e9);
}

static void add_directions(struct json_object *object, const struct kidos_slot *slot)
{
	for (int i = 0; i < KIDOS_DIRECTIONS; i++) {
		struct json_object *direction = json_add_object(object, kidos_direction_names[i]);

		json_add_text(direction, "rung", kidos_rung_names[slot->rung[i]]);
		if (slot->measured[i])
			json_add_number(direction, "unaccounted", slot->unaccounted[i]);
		else
			json_add_null(direction, "unaccounted");
	}
}

static struct json_object *interface(const struct ctl_status *status, unsigned int index)
{
	const struct kidos_slot *slot = &status->state->slots[index];
	struct json_object *object = json_object_new_object();
	char label[CTL_LABEL], reason[4 * sizeof(slot->reason)], report[4 * sizeof(slot->report)];

	ctl_label(status->state, index, label);
	kidos_text_escape(slot->reason, reason, sizeof(reason));
	kidos_text_escape(slot->report, report, sizeof(report));
	json_add_text(object, "interface", label);
	if (*report)
		json_add_text(object, "report", report);
	else
		json_add_null(object, "report");
	json_add_number(object, "ifindex", slot->ifindex);
	json_add_text(object, "state", kidos_slot_state_names[slot->state]);
	add_directions(object, slot);
	json_add_bool(object, "exact", slot->exact);
	json_add_text(object, "reason", reason);
	return object;
}

void json_status_print(const struct ctl_status *status)
{
	struct json_object *object = json_object_new_object(), *interfaces;

	json_add_time(object, "time", status->state->time_ns);
	add_daemon(json_add_object(object, "daemon"), status);
	ctl_briefs_json(&status->briefs, object);
	interfaces = json_add_array(object, "interfaces");
	for (unsigned int i = 0; i < status->state->maps.meta.slots; i++)
		if (ctl_status_shows(status, i))
			json_object_array_add(interfaces, interface(status, i));
	json_finish(object);
}
