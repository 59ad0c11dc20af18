/* SPDX-License-Identifier: MIT */
#include "kidosctl/summary.h"
#include "core/names.h"
#include "flows/ctl_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP_FLOWS 10

struct kidos_count ctl_counts_sum(const struct ctl_counts *counts, unsigned int direction)
{
	struct kidos_count sum = {};

	for (unsigned int i = 0; i < KIDOS_CLASSES; i++) {
		sum.packets += counts->classes[direction][i].packets;
		sum.bytes += counts->classes[direction][i].bytes;
	}
	return sum;
}

static int read_counts(const struct ctl_state *state, unsigned int slot, struct ctl_counts *counts)
{
	struct kidos_totals totals;

	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		int error = kidos_maps_totals(&state->maps, slot, d, &totals);

		if (error)
			return error;
		for (unsigned int i = 0; i < KIDOS_CLASSES; i++) {
			counts->classes[d][i].packets =
				totals.hook[i].packets + totals.extra[i].packets;
			counts->classes[d][i].bytes = totals.hook[i].bytes + totals.extra[i].bytes;
		}
		for (unsigned int i = 0; i < KIDOS_PARSE_ERRORS; i++)
			counts->errors[i] += totals.errors[i];
	}
	return 0;
}

/* A slot may go to another interface meanwhile: name and counts are of the same one. */
static int read_interface(struct ctl_state *state, unsigned int slot, struct ctl_counts *counts)
{
	struct kidos_slot *before = &state->slots[slot], after;
	int error;

	for (int attempt = 0; attempt < 3; attempt++) {
		*counts = (struct ctl_counts){};
		error = read_counts(state, slot, counts);
		if (!error)
			error = kidos_maps_slot(&state->maps, slot, &after);
		if (error || (!memcmp(before->netns, after.netns, sizeof(after.netns)) &&
			      !memcmp(before->name, after.name, sizeof(after.name))))
			break;
		*before = after;
	}
	return error;
}

static void add_counts(struct ctl_counts *sum, const struct ctl_counts *counts)
{
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++)
		for (unsigned int i = 0; i < KIDOS_CLASSES; i++) {
			sum->classes[d][i].packets += counts->classes[d][i].packets;
			sum->classes[d][i].bytes += counts->classes[d][i].bytes;
		}
	for (unsigned int i = 0; i < KIDOS_PARSE_ERRORS; i++)
		sum->errors[i] += counts->errors[i];
}

static bool counted_any(const struct ctl_counts *counts)
{
	return ctl_counts_sum(counts, KIDOS_RX).packets || ctl_counts_sum(counts, KIDOS_TX).packets;
}

static int add_interface(struct ctl_summary *summary, struct ctl_state *state, unsigned int slot)
{
	struct ctl_interface *interface = &summary->interfaces[summary->count];
	int error = read_interface(state, slot, &interface->counts);

	if (error)
		return error;
	/* `other`, and slots whose interface went for good, only with something in them. */
	if (!ctl_slot_used(summary->state, slot) && !counted_any(&interface->counts))
		return 0;
	ctl_label(summary->state, slot, interface->label);
	interface->slot = &summary->state->slots[slot];
	summary->count++;
	if (interface->slot->has_device) {
		add_counts(&summary->total, &interface->counts);
		summary->devices++;
	}
	return 0;
}

static int gather(struct ctl_state *state, const struct ctl_settings *settings,
		  struct ctl_summary *summary)
{
	unsigned int slots = state->maps.meta.slots;
	int error = 0;

	summary->state = state;
	summary->interfaces = calloc(slots, sizeof(*summary->interfaces));
	if (!summary->interfaces)
		return -ENOMEM;
	for (unsigned int i = 0; !error && i < slots; i++)
		error = add_interface(summary, state, i);
	if (!error)
		error = ctl_drop_brief(state, settings, &summary->drops);
	return error ? error : ctl_scan_run(state, &summary->scan);
}

static void print_row(const char *name, const struct kidos_count *rx, const struct kidos_count *tx)
{
	printf("  %-12s  %16" PRIu64 "  %18" PRIu64 "  %16" PRIu64 "  %18" PRIu64 "\n", name,
	       (uint64_t)rx->packets, (uint64_t)rx->bytes, (uint64_t)tx->packets,
	       (uint64_t)tx->bytes);
}

static void print_errors(const struct ctl_counts *counts)
{
	const char *before = "  parse errors  ";

	for (unsigned int i = KIDOS_PARSE_OK + 1; i < KIDOS_PARSE_ERRORS; i++) {
		if (!counts->errors[i])
			continue;
		printf("%s%s %" PRIu64, before, kidos_error_names[i], counts->errors[i]);
		before = ", ";
	}
	if (*before == ',')
		printf("\n");
}

static void print_counts(const struct ctl_counts *counts)
{
	struct kidos_count rx = ctl_counts_sum(counts, KIDOS_RX);
	struct kidos_count tx = ctl_counts_sum(counts, KIDOS_TX);

	printf("  %-12s  %16s  %18s  %16s  %18s\n", "", "RX PACKETS", "RX BYTES", "TX PACKETS",
	       "TX BYTES");
	for (unsigned int i = 0; i < KIDOS_CLASSES; i++)
		if (counts->classes[KIDOS_RX][i].packets || counts->classes[KIDOS_TX][i].packets)
			print_row(kidos_class_names[i], &counts->classes[KIDOS_RX][i],
				  &counts->classes[KIDOS_TX][i]);
	print_row("all", &rx, &tx);
	print_errors(counts);
	printf("\n");
}

static void print_drops(const struct ctl_drop_brief *drops)
{
	if (!drops->counted) {
		printf("Drops are not counted\n\n");
		return;
	}
	printf("Drops: %" PRIu64 ", missed %" PRIu64 "%s", drops->total, drops->missed,
	       drops->reasons.count ? "\n  " : "");
	ctl_drop_brief_reasons(drops);
	printf("\n\n");
}

static void print(const struct ctl_summary *summary)
{
	struct ctl_flow_table table = { .state = summary->state };

	for (size_t i = 0; i < summary->count; i++) {
		printf("%s\n", summary->interfaces[i].label);
		print_counts(&summary->interfaces[i].counts);
	}
	if (summary->devices) {
		printf("Total (interfaces with a device behind them: %zu)\n", summary->devices);
		print_counts(&summary->total);
	}
	print_drops(&summary->drops);
	printf("Top flows by bytes, %zu of %" PRIu64 "\n", summary->scan.top.count,
	       summary->scan.sum.flows);
	ctl_flow_table_print(&table, &summary->scan.top);
}

int ctl_summary(struct ctl_settings *settings)
{
	struct ctl_summary summary = { .scan.top.limit = TOP_FLOWS };
	struct ctl_state state;
	int code = ctl_state_open(&state, settings->state), error;

	if (code)
		return code;
	error = gather(&state, settings, &summary);
	if (error)
		ctl_complain("%s: %s", settings->state, strerror(-error));
	else if (settings->json)
		json_summary_print(&summary);
	else
		print(&summary);
	free(summary.interfaces);
	ctl_drop_brief_free(&summary.drops);
	kidos_flow_top_free(&summary.scan.top);
	ctl_state_close(&state);
	return error ? CTL_FAILURE : CTL_OK;
}
