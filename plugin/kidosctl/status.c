/* SPDX-License-Identifier: MIT */
#include "kidosctl/status.h"
#include "core/text.h"
#include "ctl/watch.h"
#include "kidosctl/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct settings {
	struct ctl_output output;
	const char *interface; /* NULL: any */
};

/* From poll to poll. */
struct watch {
	const struct settings *settings;
	struct ctl_status status;
	enum ctl_exit verdict; /* of the last poll */
};

static const struct ctl_option options[] = {
	{ "interface", "NAME", "[NAMESPACE:]NAME of the interface", ctl_set_text,
	  offsetof(struct settings, interface), false },
	CTL_OPTION_WATCH(struct settings),
	CTL_OPTION_JSON(struct settings),
	{},
};

/* The lines of collectors are of all interfaces: the selection comes behind them. */
static int gather(struct ctl_state *state, struct ctl_status *status)
{
	const struct kidos_meta *meta = &state->maps.meta;

	status->state = state;
	status->health =
		kidos_health(meta, ctl_process_exists(meta->pid), state->time_ns, status->why);
	return ctl_briefs_gather(&status->briefs, state);
}

bool ctl_status_shows(const struct ctl_status *status, unsigned int slot)
{
	return ctl_slot_used(status->state, slot) && status->state->selected[slot];
}

static enum ctl_exit verdict_of(const struct ctl_status *status)
{
	bool failed = ctl_briefs_failed(&status->briefs);

	if (status->health == KIDOS_STALE)
		return CTL_NO_DAEMON;
	for (unsigned int i = 0; i < status->state->maps.meta.slots; i++)
		failed |= ctl_status_shows(status, i) &&
			  status->state->slots[i].state == KIDOS_SLOT_FAILED;
	return failed ? CTL_FAILURE : CTL_OK;
}

static void print_daemon(const struct ctl_status *status)
{
	const struct kidos_meta *meta = &status->state->maps.meta;
	char version[4 * sizeof(meta->version)], started[KIDOS_TEXT_TIME];

	kidos_text_escape(meta->version, version, sizeof(version));
	kidos_text_local(meta->started_ns, started);
	printf("daemon      %s: process %u, kidos %s, since %s (%s)\n",
	       kidos_health_names[status->health], meta->pid, version, started, status->why);
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
	ctl_briefs_print(&status->briefs);
	printf("\n%-20s  %-9s  %-11s  %-11s  %-5s  %14s  %14s  %s\n", "INTERFACE", "STATE", "RX",
	       "TX", "EXACT", "UNACCOUNTED RX", "UNACCOUNTED TX", "REASON");
	for (unsigned int i = 0; i < status->state->maps.meta.slots; i++)
		if (ctl_status_shows(status, i))
			print_slot(status, i);
}

static int poll(struct ctl_state *state, void *context)
{
	struct watch *watch = context;
	int error = gather(state, &watch->status);

	if (error) {
		ctl_complain("%s: %s", state->path, strerror(-error));
		return CTL_FAILURE;
	}
	if (ctl_select(state, watch->settings->interface))
		return CTL_FAILURE;
	ctl_watch_head(&watch->settings->output, state);
	if (watch->settings->output.json)
		json_status_print(&watch->status);
	else
		print(&watch->status);
	watch->verdict = verdict_of(&watch->status);
	return CTL_OK; /* whoever watches sees a daemon come back */
}

static int run(const struct ctl_call *call)
{
	struct watch watch = { .settings = call->settings,
			       .status.briefs.table = ctl_status_briefs };
	int status = ctl_watch(call, &watch.settings->output, poll, &watch);

	ctl_briefs_free(&watch.status.briefs);
	return status ? status : (int)watch.verdict;
}

const struct ctl_command ctl_status = {
	.name = "status",
	.help = "the daemon, its table and how each interface is counted",
	.options = options,
	.size = sizeof(struct settings),
	.run = run,
};
