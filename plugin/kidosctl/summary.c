/* SPDX-License-Identifier: MIT */
#include "kidosctl/summary.h"
#include "core/names.h"
#include "core/text.h"
#include "ctl/watch.h"
#include "kidosctl/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	struct ctl_output output;
	const char *interface; /* NULL: any */
};

/* From poll to poll. */
struct watch {
	const struct settings *settings;
	struct ctl_summary summary;
};

static const struct ctl_option options[] = {
	{ "interface", "NAME", "[NAMESPACE:]NAME of the interface, or \"other\"", ctl_set_text,
	  offsetof(struct settings, interface), false },
	CTL_OPTION_WATCH(struct settings),
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

static int add_interface(struct ctl_summary_counts *counts, struct ctl_state *state,
			 unsigned int slot)
{
	struct ctl_interface *interface = &counts->interfaces[counts->count];
	int error = read_interface(state, slot, &interface->counts);

	if (error)
		return error;
	/* `other`, and slots whose interface went for good, only with something in them. */
	if (!ctl_slot_used(state, slot) && !counted_any(&interface->counts))
		return 0;
	ctl_label(state, slot, interface->label);
	interface->has_device = state->slots[slot].has_device;
	counts->count++;
	if (interface->has_device) {
		kidos_counts_add(&counts->total, &interface->counts);
		counts->devices++;
	}
	return 0;
}

static int read_counts(struct ctl_summary_counts *counts, struct ctl_state *state)
{
	unsigned int slots = state->maps.meta.slots;
	int error = 0;

	*counts = (struct ctl_summary_counts){ .interfaces =
						       calloc(slots, sizeof(*counts->interfaces)) };
	if (!counts->interfaces)
		return -ENOMEM;
	for (unsigned int i = 0; !error && i < slots; i++)
		if (state->selected[i])
			error = add_interface(counts, state, i);
	return error;
}

static int gather(struct ctl_state *state, struct ctl_summary *summary)
{
	int error;

	summary->time_ns = state->time_ns;
	summary->interval = state->interval;
	free(summary->before.interfaces);
	summary->before = summary->now;
	error = read_counts(&summary->now, state);
	return error ? error : ctl_briefs_gather(&summary->briefs, state);
}

const struct kidos_counts *ctl_summary_before(const struct ctl_summary *summary,
					      const struct ctl_interface *interface)
{
	const struct ctl_summary_counts *before = &summary->before;

	for (size_t i = 0; i < before->count; i++)
		if (!strcmp(before->interfaces[i].label, interface->label))
			return &before->interfaces[i].counts;
	return &interface->counts;
}

const struct kidos_counts *ctl_summary_total_before(const struct ctl_summary *summary)
{
	return summary->before.interfaces ? &summary->before.total : &summary->now.total;
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

/* The row of rates, while watched. */
static void print_rates(const struct ctl_interval *interval, const struct kidos_counts *before,
			const struct kidos_counts *now)
{
	char text[2 * KIDOS_DIRECTIONS][16];

	if (!interval->watched)
		return;
	for (unsigned int d = 0; d < KIDOS_DIRECTIONS; d++) {
		struct kidos_count then = kidos_counts_sum(before, d);
		struct kidos_count sum = kidos_counts_sum(now, d);

		kidos_text_scaled(ctl_rate(interval, then.packets, sum.packets), false,
				  text[2 * d]);
		kidos_text_scaled(ctl_rate(interval, then.bytes, sum.bytes), false,
				  text[2 * d + 1]);
	}
	printf("  %-12s  %16s  %18s  %16s  %18s\n", "per second", text[2 * KIDOS_RX],
	       text[2 * KIDOS_RX + 1], text[2 * KIDOS_TX], text[2 * KIDOS_TX + 1]);
}

static void print_counts(const struct ctl_interval *interval, const struct kidos_counts *before,
			 const struct kidos_counts *counts)
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
	print_rates(interval, before, counts);
	print_errors(counts);
	printf("\n");
}

static void print(const struct ctl_summary *summary)
{
	const struct ctl_summary_counts *now = &summary->now;

	for (size_t i = 0; i < now->count; i++) {
		const struct ctl_interface *interface = &now->interfaces[i];

		printf("%s\n", interface->label);
		print_counts(&summary->interval, ctl_summary_before(summary, interface),
			     &interface->counts);
	}
	if (now->devices) {
		printf("Total (interfaces with a device behind them: %zu)\n", now->devices);
		print_counts(&summary->interval, ctl_summary_total_before(summary), &now->total);
	}
	ctl_briefs_print(&summary->briefs);
}

static int poll(struct ctl_state *state, void *context)
{
	struct watch *watch = context;
	int error;

	if (ctl_select(state, watch->settings->interface))
		return CTL_FAILURE;
	error = gather(state, &watch->summary);
	if (error) {
		ctl_complain("%s: %s", state->path, strerror(-error));
		return CTL_FAILURE;
	}
	ctl_watch_head(&watch->settings->output, state);
	if (watch->settings->output.json)
		json_summary_print(&watch->summary);
	else
		print(&watch->summary);
	return CTL_OK;
}

static int run(const struct ctl_call *call)
{
	struct watch watch = { .settings = call->settings,
			       .summary.briefs.table = ctl_summary_briefs };
	int status = ctl_watch(call, &watch.settings->output, poll, &watch);

	free(watch.summary.now.interfaces);
	free(watch.summary.before.interfaces);
	ctl_briefs_free(&watch.summary.briefs);
	return status;
}

const struct ctl_command ctl_summary = {
	.name = "summary",
	.help = "the host on one page",
	.options = options,
	.size = sizeof(struct settings),
	.run = run,
};
