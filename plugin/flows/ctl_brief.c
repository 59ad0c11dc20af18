/* SPDX-License-Identifier: MIT */
/* ctl_brief.c: the flow table in `status`, its largest flows in `summary`. */
#include "core/names.h"
#include "core/text.h"
#include "ctl/json_build.h"
#include "flows/ctl.h"
#include "flows/ctl_table.h"
#include "flows/json.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#define TOP_FLOWS 10

struct table {
	struct kidos_meta meta;
	const char *rung;
	double fill; /* share of MaxFlows in use */
	double idle; /* seconds */
	uint64_t events[KIDOS_EVENTS];
};

static int gather_table(struct ctl_state *state, void **data)
{
	const struct kidos_meta *meta = &state->maps.meta;
	struct table *table = calloc(1, sizeof(*table));

	*data = table;
	if (!table)
		return -ENOMEM;
	table->meta = *meta;
	table->rung = meta->baseline ? "kernel hash map" : "set-associative table";
	table->fill = meta->max_flows ? (double)meta->flows_active / (double)meta->max_flows : 0;
	table->idle = (double)meta->idle * (double)meta->unit_ns / 1e9;
	return kidos_maps_events(&state->maps, table->events);
}

static void print_table(const struct ctl_brief_view *view)
{
	const struct table *table = view->data;
	char memory[16];

	kidos_text_scaled((double)table->meta.memory, true, memory);
	printf("flow table  %s, MaxFlows %" PRIu64 ", IdleTimeout %.0f s, memory planned %sB\n",
	       table->rung, (uint64_t)table->meta.max_flows, table->idle, memory);
	printf("flows       %" PRIu64 " active, %.1f %% of MaxFlows\n",
	       (uint64_t)table->meta.flows_active, 100 * table->fill);
	printf("events     ");
	for (unsigned int i = 0; i < KIDOS_EVENTS; i++)
		printf("%s %s %" PRIu64, i ? "," : "", kidos_event_names[i], table->events[i]);
	printf("\n");
}

static void json_table(const struct ctl_brief_view *view, struct json_object *object)
{
	const struct table *table = view->data;
	struct json_object *member = json_add_object(object, "flow_table"), *events;

	json_add_text(member, "rung", table->rung);
	json_add_number(member, "max_flows", table->meta.max_flows);
	json_add_number(member, "flows_active", table->meta.flows_active);
	json_add_fraction(member, "fill", table->fill);
	json_add_fraction(member, "idle_timeout", table->idle);
	json_add_number(member, "memory", table->meta.memory);
	events = json_add_object(object, "events");
	for (unsigned int i = 0; i < KIDOS_EVENTS; i++)
		json_add_number(events, kidos_event_names[i], table->events[i]);
}

const struct ctl_brief ctl_flows_in_status = {
	.gather = gather_table,
	.print = print_table,
	.json = json_table,
	.free = free,
};

struct largest {
	const struct ctl_state *state;
	struct kidos_flow_filter filter;
	struct ctl_scan scan;
};

static int gather_largest(struct ctl_state *state, void **data)
{
	struct largest *largest = calloc(1, sizeof(*largest));

	*data = largest;
	if (!largest)
		return -ENOMEM;
	largest->state = state;
	largest->filter = (struct kidos_flow_filter)KIDOS_FLOW_FILTER_ALL;
	largest->filter.slots = state->interface ? state->selected : NULL;
	largest->scan.filter = &largest->filter;
	largest->scan.top.limit = TOP_FLOWS;
	return ctl_scan_run(state, &largest->scan);
}

static void print_largest(const struct ctl_brief_view *view)
{
	const struct largest *largest = view->data;
	const struct ctl_flow_table table = { .state = largest->state };

	printf("Top flows by bytes, %zu of %" PRIu64 "\n", largest->scan.top.count,
	       largest->scan.sum.flows);
	ctl_flow_table_print(&table, &largest->scan.top);
}

/* Without rates: those of ten flows alone would need the memory of all. */
static void json_largest(const struct ctl_brief_view *view, struct json_object *object)
{
	const struct ctl_interval none = {};
	const struct largest *largest = view->data;
	struct json_object *flows = json_add_array(object, "flows");

	for (size_t i = 0; i < largest->scan.top.count; i++)
		json_object_array_add(flows,
				      json_flow(largest->state, &none, &largest->scan.top.rows[i]));
}

static void free_largest(void *data)
{
	struct largest *largest = data;

	if (largest)
		kidos_flow_top_free(&largest->scan.top);
	free(largest);
}

const struct ctl_brief ctl_flows_in_summary = {
	.gather = gather_largest,
	.print = print_largest,
	.json = json_largest,
	.free = free_largest,
};
