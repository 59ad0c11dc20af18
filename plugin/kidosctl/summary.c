/* SPDX-License-Identifier: MIT */
#include "kidosctl/summary.h"
#include "core/names.h"
#include "ctl/watch.h"
#include "kidosctl/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	struct ctl_output output;
};

static const struct ctl_option options[] = {
	CTL_OPTION_JSON(struct settings),
	{},
};

/* A slot may go to another interface meanwhile: name and counts are of the same one. */
static int read_interface(struct ctl_state *state, unsigned int slot, struct kidos_counts *counts)
{
	struct kidos_slot *before = &state->slots[slot], after;
	int error;

	for (int attempt = 0; attempt < 3; attempt++) {
		error = kidos_counts_read(&state->maps, slot, counts);
		if (!error)
			error = kidos_maps_slot(&state->maps, slot, &after);
		if (error || (!memcmp(before->netns, after.netns, sizeof(after.netns)) &&
			      !memcmp(before->name, after.name, sizeof(after.name))))
			break;
		*before = after;
	}
	return error;
}

static bool counted_any(const struct kidos_counts *counts)
{
	return kidos_counts_sum(counts, KIDOS_RX).packets ||
	       kidos_counts_sum(counts, KIDOS_TX).packets;
}

static int add_interface(struct ctl_summary *summary, struct ctl_state *state, unsigned int slot)
{
	struct ctl_interface *interface = &summary->interfaces[summary->count];
	int error = read_interface(state, slot, &interface->counts);

	if (error)
		return error;
	/* `other`, and slots whose interface went for good, only with something in them. */
	if (!ctl_slot_used(state, slot) && !counted_any(&interface->counts))
		return 0;
	ctl_label(state, slot, interface->label);
	interface->has_device = state->slots[slot].has_device;
	summary->count++;
	if (interface->has_device) {
		kidos_counts_add(&summary->total, &interface->counts);
		summary->devices++;
	}
	return 0;
}

static int gather(struct ctl_state *state, struct ctl_summary *summary)
{
	unsigned int slots = state->maps.meta.slots;
	int error = 0;

	summary->interfaces = calloc(slots, sizeof(*summary->interfaces));
	if (!summary->interfaces)
		return -ENOMEM;
	for (unsigned int i = 0; !error && i < slots; i++)
		error = add_interface(summary, state, i);
	return error ? error : ctl_briefs_gather(&summary->briefs, state);
}

static void print_row(const char *name, const struct kidos_count *rx, const struct kidos_count *tx)
{
	printf("  %-12s  %16" PRIu64 "  %18" PRIu64 "  %16" PRIu64 "  %18" PRIu64 "\n", name,
	       (uint64_t)rx->packets, (uint64_t)rx->bytes, (uint64_t)tx->packets,
	       (uint64_t)tx->bytes);
}

static void print_errors(const struct kidos_counts *counts)
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

static void print_counts(const struct kidos_counts *counts)
{
	struct kidos_count rx = kidos_counts_sum(counts, KIDOS_RX);
	struct kidos_count tx = kidos_counts_sum(counts, KIDOS_TX);

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

static void print(const struct ctl_summary *summary)
{
	for (size_t i = 0; i < summary->count; i++) {
		printf("%s\n", summary->interfaces[i].label);
		print_counts(&summary->interfaces[i].counts);
	}
	if (summary->devices) {
		printf("Total (interfaces with a device behind them: %zu)\n", summary->devices);
		print_counts(&summary->total);
	}
	ctl_briefs_print(&summary->briefs);
}

static int poll(struct ctl_state *state, void *context)
{
	const struct settings *settings = context;
	struct ctl_summary summary = { .briefs.table = ctl_summary_briefs };
	int error = gather(state, &summary);

	if (error)
		ctl_complain("%s: %s", state->path, strerror(-error));
	else if (settings->output.json)
		json_summary_print(&summary);
	else
		print(&summary);
	free(summary.interfaces);
	ctl_briefs_free(&summary.briefs);
	return error ? CTL_FAILURE : CTL_OK;
}

static int run(const struct ctl_call *call)
{
	struct settings settings = *(const struct settings *)call->settings;

	return ctl_watch(call, &settings.output, poll, &settings);
}

const struct ctl_command ctl_summary = {
	.name = "summary",
	.help = "the host on one page",
	.options = options,
	.size = sizeof(struct settings),
	.run = run,
};
