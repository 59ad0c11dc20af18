/* SPDX-License-Identifier: MIT */
#include "kidosctl/status.h"
#include "core/names.h"
#include "core/text.h"
#include "flows/entry.h"
#include "state/control_maps.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool process_exists(unsigned int pid)
{
	return pid && (!kill((pid_t)pid, 0) || errno == EPERM);
}

static int gather_collectors(const char *path, struct ctl_status *status)
{
	int maps[KIDOS_CONTROL_MAPS];
	int error = kidos_control_open(maps, path);

	for (unsigned int i = 0; !error && i < KIDOS_COLLECTORS_MAX; i++) {
		struct kidos_collector_status *collector = &status->collectors[i];

		error = kidos_map_read(maps[KIDOS_CONTROL_COLLECTORS], i, collector);
		collector->name[sizeof(collector->name) - 1] = '\0';
		collector->reason[sizeof(collector->reason) - 1] = '\0';
		if (collector->state > KIDOS_COLLECTOR_FAILED)
			collector->state = KIDOS_COLLECTOR_ABSENT;
	}
	kidos_map_set_close(&kidos_control_map_set, maps);
	return error;
}

static int gather(const struct ctl_state *state, const struct ctl_settings *settings,
		  struct ctl_status *status)
{
	const struct kidos_meta *meta = &state->maps.meta;
	struct kidos_clock clock;
	int error;

	kidos_clock_now(&clock, meta);
	status->state = state;
	status->health =
		kidos_health(meta, process_exists(meta->pid), clock.realtime_ns, status->why);
	status->rung = meta->baseline ? "kernel hash map" : "set-associative table";
	status->fill = meta->max_flows ? (double)meta->flows_active / (double)meta->max_flows : 0;
	status->idle = (double)meta->idle * (double)meta->unit_ns / 1e9;
	error = kidos_maps_events(&state->maps, status->events);
	return error ? error : ctl_drop_brief(state, settings, &status->drops);
}

static void print_daemon(const struct ctl_status *status)
{
	const struct kidos_meta *meta = &status->state->maps.meta;
	char version[4 * sizeof(meta->version)], started[KIDOS_TEXT_TIME], memory[16];

	kidos_text_escape(meta->version, version, sizeof(version));
	kidos_text_local(meta->started_ns, started);
	kidos_text_scaled((double)meta->memory, true, memory);
	printf("daemon      %s: process %u, kidos %s, since %s (%s)\n",
	       kidos_health_names[status->health], meta->pid, version, started, status->why);
	printf("flow table  %s, MaxFlows %" PRIu64 ", IdleTimeout %.0f s, memory planned %sB\n",
	       status->rung, (uint64_t)meta->max_flows, status->idle, memory);
	printf("flows       %" PRIu64 " active, %.1f %% of MaxFlows\n",
	       (uint64_t)meta->flows_active, 100 * status->fill);
	printf("events     ");
	for (unsigned int i = 0; i < KIDOS_EVENTS; i++)
		printf("%s %s %" PRIu64, i ? "," : "", kidos_event_names[i], status->events[i]);
	printf("\n");
}

static void print_drops(const struct ctl_drop_brief *drops)
{
	if (!drops->counted) {
		printf("drops       not counted\n");
		return;
	}
	printf("drops       %s%s: %" PRIu64 " counted, %" PRIu64 " missed", drops->rung,
	       drops->running ? "" : " (stopped)", drops->total, drops->missed);
	if (drops->reasons.count)
		printf("; most: %s %" PRIu64, drops->reasons.rows[0].text,
		       drops->reasons.rows[0].count);
	printf("\n");
	if (*drops->blind)
		printf("            cannot see %s\n", drops->blind);
}

static void print_collectors(const struct ctl_status *status)
{
	char reason[4 * KIDOS_CONTROL_TEXT], name[4 * KIDOS_COLLECTOR_NAME];

	printf("collectors ");
	for (unsigned int i = 0; i < KIDOS_COLLECTORS_MAX && *status->collectors[i].name; i++) {
		kidos_text_escape(status->collectors[i].name, name, sizeof(name));
		kidos_text_escape(status->collectors[i].reason, reason, sizeof(reason));
		printf("%s %s %s%s%s%s", i ? "," : "", name,
		       kidos_collector_state_names[status->collectors[i].state],
		       *reason ? " (" : "", reason, *reason ? ")" : "");
	}
	printf("\n");
}

/* "-" while it is not measured. */
static void unaccounted(const struct kidos_slot *slot, unsigned int direction, char text[24])
{
	if (slot->measured[direction])
		snprintf(text, 24, "%" PRIu64, (uint64_t)slot->unaccounted[direction]);
	else
		strcpy(text, "-");
}

static void print_slot(const struct ctl_status *status, unsigned int index)
{
	const struct kidos_slot *slot = &status->state->slots[index];
	char label[CTL_LABEL], reason[4 * sizeof(slot->reason)], apart[KIDOS_DIRECTIONS][24];

	ctl_label(status->state, index, label);
	kidos_text_escape(slot->reason, reason, sizeof(reason));
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		unaccounted(slot, d, apart[d]);
	printf("%-20s  %-9s  %-11s  %-11s  %-5s  %14s  %14s  %s\n", label,
	       kidos_slot_state_names[slot->state], kidos_rung_names[slot->rung[KIDOS_RX]],
	       kidos_rung_names[slot->rung[KIDOS_TX]], slot->exact ? "yes" : "no", apart[KIDOS_RX],
	       apart[KIDOS_TX], reason);
}

static void print(const struct ctl_status *status)
{
	print_daemon(status);
	print_collectors(status);
	print_drops(&status->drops);
	printf("\n%-20s  %-9s  %-11s  %-11s  %-5s  %14s  %14s  %s\n", "INTERFACE", "STATE", "RX",
	       "TX", "EXACT", "UNACCOUNTED RX", "UNACCOUNTED TX", "REASON");
	for (unsigned int i = 0; i < status->state->maps.meta.slots; i++)
		if (ctl_slot_used(status->state, i))
			print_slot(status, i);
}

int ctl_status(struct ctl_settings *settings)
{
	struct ctl_status status = {};
	struct ctl_state state;
	int code = ctl_state_open(&state, settings->state), error;

	if (code)
		return code;
	error = gather(&state, settings, &status);
	if (!error)
		error = gather_collectors(settings->state, &status);
	if (error)
		ctl_complain("%s: %s", settings->state, strerror(-error));
	else if (settings->json)
		json_status_print(&status);
	else
		print(&status);
	ctl_drop_brief_free(&status.drops);
	ctl_state_close(&state);
	return error ? CTL_FAILURE : CTL_OK;
}
