/* SPDX-License-Identifier: MIT */
/* ctl_show.c: the policy in force, and what became of the packets of each interface. */
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/json_build.h"
#include "policy/ctl.h"
#include "policy/deadline.h"
#include "policy/names.h"
#include "policy/settings.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

struct view {
	struct kidos_policy_control control;
	const char *state; /* on, off, or what came of the time to confirm it */
	int64_t left; /* seconds to confirm it, -1: it need not be */
};

static void describe(struct view *view)
{
	const struct kidos_policy_control *control = &view->control;

	view->left = kidos_policy_seconds_left(control);
	if (!control->generation)
		view->state = "off";
	else if (!view->left)
		view->state = "not confirmed: logs and does not drop";
	else
		view->state = view->left < 0 ? "on" : "on, to be confirmed";
}

/* False where the slot is nobody's. */
static bool read_totals(const struct ctl_state *state, unsigned int slot,
			struct kidos_totals *totals)
{
	return (slot == KIDOS_SLOT_OTHER || ctl_slot_used(state, slot)) &&
	       !kidos_maps_totals(&state->maps, slot, KIDOS_RX, totals);
}

static void print_outcomes(struct ctl_state *state)
{
	static const struct ctl_grid_column columns[KIDOS_OUTCOMES + 1] = {
		{ "INTERFACE", false },    { "PERMITTED", true }, { "LOGGED", true },
		{ "DROPPED", true },       { "EXEMPT", true },    { "FAILED OPEN", true },
		{ "FAILED CLOSED", true },
	};
	struct ctl_grid grid = { .columns = columns, .width = KIDOS_OUTCOMES + 1 };
	char label[CTL_LABEL], number[24];
	struct kidos_totals totals;

	for (unsigned int i = 0; i < state->maps.meta.slots; i++) {
		if (!read_totals(state, i, &totals))
			continue;
		ctl_label(state, i, label);
		ctl_grid_add(&grid, label);
		for (unsigned int o = 0; o < KIDOS_OUTCOMES; o++) {
			snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)totals.outcomes[o]);
			ctl_grid_add(&grid, number);
		}
	}
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static void print(struct ctl_state *state, const struct view *view)
{
	const struct kidos_policy_control *control = &view->control;
	char file[4 * sizeof(control->file)], loaded[KIDOS_TEXT_TIME];

	kidos_text_escape(control->file, file, sizeof(file));
	kidos_text_local(control->loaded_ns, loaded);
	printf("policy      %s\n", view->state);
	printf("file        %s: %u prefixes in %u lists, since %s\n", file, control->prefixes,
	       control->policies, loaded);
	printf("action      %s; what cannot be judged: %s; once collectd was killed: %s\n",
	       kidos_action_names[control->drop != 0],
	       control->fail_open || !control->drop ? "passed" : "dropped",
	       control->open_on_crash ? "all passes" : "as before");
	if (view->left > 0)
		printf("confirm     within %lld s: kidosctl policy confirm\n",
		       (long long)view->left);
	printf("\n");
	print_outcomes(state);
}

static void json_outcomes(struct ctl_state *state, struct json_object *array)
{
	struct kidos_totals totals;
	char label[CTL_LABEL];

	for (unsigned int i = 0; i < state->maps.meta.slots; i++) {
		struct json_object *object;

		if (!read_totals(state, i, &totals))
			continue;
		object = json_object_new_object();
		ctl_label(state, i, label);
		json_add_text(object, "interface", label);
		for (unsigned int o = 0; o < KIDOS_OUTCOMES; o++)
			json_add_number(object, kidos_outcome_names[o], totals.outcomes[o]);
		json_object_array_add(array, object);
	}
}

static void json(struct ctl_state *state, const struct view *view)
{
	const struct kidos_policy_control *control = &view->control;
	struct json_object *object = json_object_new_object();
	char file[4 * sizeof(control->file)];

	kidos_text_escape(control->file, file, sizeof(file));
	json_add_time(object, "time", state->time_ns);
	json_add_text(object, "state", view->state);
	json_add_text(object, "file", file);
	json_add_text(object, "action", kidos_action_names[control->drop != 0]);
	json_add_bool(object, "fail_open", control->fail_open);
	json_add_text(object, "on_crash", control->open_on_crash ? "pass" : "keep");
	json_add_number(object, "prefixes", control->prefixes);
	json_add_number(object, "lists", control->policies);
	json_add_number(object, "generation", control->generation);
	json_add_time(object, "loaded", control->loaded_ns);
	if (view->left < 0)
		json_add_null(object, "confirm_seconds");
	else
		json_add_number(object, "confirm_seconds", (uint64_t)view->left);
	json_outcomes(state, json_add_array(object, "interfaces"));
	json_print(object);
}

int ctl_policy_show(struct ctl_state *state, const struct ctl_policy_settings *settings)
{
	struct view view = {};

	if (state->maps.fd[KIDOS_MAP_POLICY] < 0 ||
	    kidos_map_read(state->maps.fd[KIDOS_MAP_POLICY], 0, &view.control)) {
		ctl_complain("no policy is configured");
		return CTL_FAILURE;
	}
	view.control.file[sizeof(view.control.file) - 1] = '\0';
	describe(&view);
	if (settings->output.json)
		json(state, &view);
	else
		print(state, &view);
	return CTL_OK;
}
