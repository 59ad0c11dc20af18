/* SPDX-License-Identifier: MIT */
#include "kidosctl/status.h"
#include "core/now.h"
#include "core/text.h"
#include "ctl/watch.h"
#include "kidosctl/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct settings {
	struct ctl_output output;
};

static const struct ctl_option options[] = {
	CTL_OPTION_JSON(struct settings),
	{},
};

static bool process_exists(unsigned int pid)
{
	return pid && (!kill((pid_t)pid, 0) || errno == EPERM);
}

static int gather(struct ctl_state *state, struct ctl_status *status)
{
	const struct kidos_meta *meta = &state->maps.meta;

	status->state = state;
	status->health = kidos_health(meta, process_exists(meta->pid), kidos_now_ns(CLOCK_REALTIME),
				      status->why);
	return ctl_briefs_gather(&status->briefs, state);
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

static void print_slot(const struct ctl_status *status, unsigned int index)
{
	const struct kidos_slot *slot = &status->state->slots[index];
	char label[CTL_LABEL], reason[4 * sizeof(slot->reason)];

	ctl_label(status->state, index, label);
	kidos_text_escape(slot->reason, reason, sizeof(reason));
	printf("%-20s  %-9s  %-11s  %-11s  %-5s  %14" PRIu64 "  %14" PRIu64 "  %s\n", label,
	       kidos_slot_state_names[slot->state], kidos_rung_names[slot->rung[KIDOS_RX]],
	       kidos_rung_names[slot->rung[KIDOS_TX]], slot->exact ? "yes" : "no",
	       (uint64_t)slot->unaccounted[KIDOS_RX], (uint64_t)slot->unaccounted[KIDOS_TX],
	       reason);
}

static void print(const struct ctl_status *status)
{
	print_daemon(status);
	ctl_briefs_print(&status->briefs);
	printf("\n%-20s  %-9s  %-11s  %-11s  %-5s  %14s  %14s  %s\n", "INTERFACE", "STATE", "RX",
	       "TX", "EXACT", "UNACCOUNTED RX", "UNACCOUNTED TX", "REASON");
	for (unsigned int i = 0; i < status->state->maps.meta.slots; i++)
		if (ctl_slot_used(status->state, i))
			print_slot(status, i);
}

static int poll(struct ctl_state *state, void *context)
{
	const struct settings *settings = context;
	struct ctl_status status = { .briefs.table = ctl_status_briefs };
	int error = gather(state, &status);

	if (error)
		ctl_complain("%s: %s", state->path, strerror(-error));
	else if (settings->output.json)
		json_status_print(&status);
	else
		print(&status);
	ctl_briefs_free(&status.briefs);
	return error ? CTL_FAILURE : CTL_OK;
}

static int run(const struct ctl_call *call)
{
	struct settings settings = *(const struct settings *)call->settings;

	return ctl_watch(call, &settings.output, poll, &settings);
}

const struct ctl_command ctl_status = {
	.name = "status",
	.help = "the daemon, its table and how each interface is counted",
	.options = options,
	.size = sizeof(struct settings),
	.run = run,
};
