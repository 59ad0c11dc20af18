/* SPDX-License-Identifier: MIT */
/* ctl_table.c: a policy by what the flow table has: what a file would do to it, and one that fits.
 */
#include "core/flow_key.h"
#include "ctl/grid.h"
#include "ctl/json_build.h"
#include "policy/ctl.h"
#include "policy/suggest.h"
#include "policy/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

static void add_number(struct ctl_grid *grid, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	ctl_grid_add(grid, text);
}

static void add_sum(struct ctl_grid *grid, const struct kidos_trial_sum *sum)
{
	add_number(grid, sum->sources);
	add_number(grid, sum->flows);
	add_number(grid, sum->packets);
	add_number(grid, sum->bytes);
}

static void print_interfaces(const struct ctl_state *state, const struct kidos_trial *trial)
{
	static const struct ctl_grid_column columns[] = {
		{ "INTERFACE", false }, { "SOURCES", true }, { "FLOWS", true },
		{ "PACKETS", true },    { "BYTES", true },   { "OF PACKETS", true },
	};
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) };
	char label[CTL_LABEL];

	for (unsigned int i = 0; i < state->maps.meta.slots; i++) {
		if (!trial->all[i].sources)
			continue;
		ctl_label(state, i, label);
		ctl_grid_add(&grid, label);
		add_sum(&grid, &trial->refused[i]);
		add_number(&grid, trial->all[i].packets);
	}
	printf("would not be permitted, of the flows in the table now:\n");
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static size_t shown_of(const struct ctl_policy_settings *settings, size_t count)
{
	size_t limit = settings->output.limit;

	return limit && limit < count ? limit : count;
}

static void print_worst(const struct ctl_state *state, const struct kidos_trial *trial,
			size_t shown)
{
	static const struct ctl_grid_column columns[] = { { "SOURCE", false },
							  { "INTERFACE", false },
							  { "FLOWS", true },
							  { "PACKETS", true },
							  { "BYTES", true } };
	struct ctl_grid grid = { .columns = columns,
				 .width = sizeof(columns) / sizeof(columns[0]) };
	char label[CTL_LABEL], address[KIDOS_TEXT_ADDRESS];

	for (size_t i = 0; i < shown; i++) {
		const struct kidos_source *source = &trial->worst[i];

		kidos_address_text(&source->address, source->ipv4, address);
		ctl_grid_add(&grid, address);
		ctl_label(state, source->slot, label);
		ctl_grid_add(&grid, label);
		add_number(&grid, source->flows);
		add_number(&grid, source->packets);
		add_number(&grid, source->bytes);
	}
	printf("\n");
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
}

static void json_sum(struct json_object *object, const struct kidos_trial_sum *sum)
{
	json_add_number(object, "sources", sum->sources);
	json_add_number(object, "flows", sum->flows);
	json_add_number(object, "packets", sum->packets);
	json_add_number(object, "bytes", sum->bytes);
}

static void json_interfaces(const struct ctl_state *state, const struct kidos_trial *trial,
			    struct json_object *array)
{
	char label[CTL_LABEL];

	for (unsigned int i = 0; i < state->maps.meta.slots; i++) {
		struct json_object *object;

		if (!trial->all[i].sources)
			continue;
		object = json_object_new_object();
		ctl_label(state, i, label);
		json_add_text(object, "interface", label);
		json_sum(json_add_object(object, "seen"), &trial->all[i]);
		json_sum(json_add_object(object, "refused"), &trial->refused[i]);
		json_object_array_add(array, object);
	}
}

static void json_worst(const struct ctl_state *state, const struct kidos_trial *trial, size_t shown,
		       struct json_object *array)
{
	char label[CTL_LABEL], address[KIDOS_TEXT_ADDRESS];

	for (size_t i = 0; i < shown; i++) {
		const struct kidos_source *source = &trial->worst[i];
		struct json_object *object = json_object_new_object();

		kidos_address_text(&source->address, source->ipv4, address);
		ctl_label(state, source->slot, label);
		json_add_text(object, "src", address);
		json_add_text(object, "interface", label);
		json_add_number(object, "flows", source->flows);
		json_add_number(object, "packets", source->packets);
		json_add_number(object, "bytes", source->bytes);
		json_object_array_add(array, object);
	}
}

static void json_trial(const struct ctl_state *state, const struct kidos_trial *trial, size_t shown)
{
	struct json_object *object = json_object_new_object();

	json_add_time(object, "time", state->time_ns);
	json_interfaces(state, trial, json_add_array(object, "interfaces"));
	json_add_number(object, "rows", trial->count);
	json_add_bool(object, "cut", shown < trial->count);
	json_worst(state, trial, shown, json_add_array(object, "refused"));
	json_print(object);
}

static void show_trial(const struct ctl_state *state, const struct kidos_trial *trial,
		       const struct ctl_policy_settings *settings)
{
	size_t shown = shown_of(settings, trial->count);

	if (settings->output.json) {
		json_trial(state, trial, shown);
		return;
	}
	print_interfaces(state, trial);
	if (shown)
		print_worst(state, trial, shown);
}

static int fail(const struct ctl_state *state, int error)
{
	ctl_complain("%s: %s", state->path, strerror(-error));
	return CTL_FAILURE;
}

int ctl_policy_test(struct ctl_state *state, const char *path,
		    const struct ctl_policy_settings *settings)
{
	static struct kidos_trial trial; /* 64 KiB */
	struct kidos_sources sources;
	struct kidos_policy_file file;
	char reason[KIDOS_REASON];
	int error;

	if (kidos_policy_load(&file, path, reason)) {
		ctl_complain("%s", reason);
		return CTL_FAILURE;
	}
	error = kidos_sources_read(&sources, &state->maps);
	if (!error)
		error = kidos_trial_run(&trial, &file, &sources, state->slots,
					state->maps.meta.slots);
	if (!error)
		show_trial(state, &trial, settings);
	kidos_trial_free(&trial);
	kidos_sources_free(&sources);
	kidos_policy_free(&file);
	return error ? fail(state, error) : CTL_OK;
}

static void prefix_text(const struct kidos_prefix *prefix, char *text, size_t size)
{
	char address[KIDOS_TEXT_ADDRESS];

	kidos_address_text(&prefix->address, prefix->ipv4, address);
	snprintf(text, size, "%s/%u", address, prefix->bits);
}

/* The file goes to standard output, what each prefix carried beside it to standard error. */
static void print_suggestions(const struct kidos_suggestions *suggestions)
{
	char text[KIDOS_TEXT_ADDRESS + 8];

	printf("{\n  \"permitted_cidrs\": [");
	fprintf(stderr, "%-44s  %10s  %14s  %16s\n", "PREFIX", "SOURCES", "PACKETS", "BYTES");
	for (size_t i = 0; i < suggestions->count; i++) {
		const struct kidos_suggestion *item = &suggestions->items[i];

		prefix_text(&item->prefix, text, sizeof(text));
		printf("%s\n    \"%s\"", i ? "," : "", text);
		fprintf(stderr, "%-44s  %10" PRIu64 "  %14" PRIu64 "  %16" PRIu64 "\n", text,
			item->sources, item->packets, item->bytes);
	}
	printf("\n  ]\n}\n");
	fprintf(stderr, "%" PRIu64 " of %" PRIu64 " packets\n", suggestions->covered,
		suggestions->packets);
}

static void json_suggestions(const struct kidos_suggestions *suggestions)
{
	struct json_object *object = json_object_new_object(), *array;
	char text[KIDOS_TEXT_ADDRESS + 8];

	json_add_number(object, "packets", suggestions->packets);
	json_add_number(object, "covered", suggestions->covered);
	array = json_add_array(object, "prefixes");
	for (size_t i = 0; i < suggestions->count; i++) {
		const struct kidos_suggestion *item = &suggestions->items[i];
		struct json_object *prefix = json_object_new_object();

		prefix_text(&item->prefix, text, sizeof(text));
		json_add_text(prefix, "prefix", text);
		json_add_number(prefix, "sources", item->sources);
		json_add_number(prefix, "packets", item->packets);
		json_add_number(prefix, "bytes", item->bytes);
		json_object_array_add(array, prefix);
	}
	json_print(object);
}

int ctl_policy_suggest(struct ctl_state *state, const struct ctl_policy_settings *settings)
{
	struct kidos_suggestions suggestions = {};
	struct kidos_sources sources;
	int error = kidos_sources_read(&sources, &state->maps);

	if (!error)
		error = kidos_suggest(&suggestions, &sources, (unsigned int)settings->cover);
	if (!error && settings->output.json)
		json_suggestions(&suggestions);
	else if (!error)
		print_suggestions(&suggestions);
	kidos_suggestions_free(&suggestions);
	kidos_sources_free(&sources);
	return error ? fail(state, error) : CTL_OK;
}
