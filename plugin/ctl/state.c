/* SPDX-License-Identifier: MIT */
#include "ctl/state.h"
#include "core/now.h"
#include "core/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_slots(struct ctl_state *state)
{
	unsigned int count = state->maps.meta.slots;
	int error = 0;

	if (!count || count > KIDOS_SLOTS_MAX)
		return -EPROTO;
	state->slots = calloc(count, sizeof(*state->slots));
	if (!state->slots)
		return -ENOMEM;
	for (unsigned int i = 0; !error && i < count; i++)
		error = kidos_maps_slot(&state->maps, i, &state->slots[i]);
	return error;
}

static int complain(const char *path, int error)
{
	switch (error) {
	case -ENOENT:
		ctl_complain("no daemon: %s has no state of kidos", path);
		return CTL_NO_DAEMON;
	case -EPROTO:
		ctl_complain("%s was made by another version of kidos; this reads ABI %d", path,
			     KIDOS_ABI_VERSION);
		return CTL_FAILURE;
	case -EPERM:
	case -EACCES:
		ctl_complain("%s: %s: reading maps takes root or membership of the group kidos",
			     path, strerror(-error));
		return CTL_FAILURE;
	default:
		ctl_complain("%s: %s", path, strerror(-error));
		return CTL_FAILURE;
	}
}

int ctl_state_open(struct ctl_state *state, const char *path)
{
	int error;

	*state = (struct ctl_state){ .path = path, .time_ns = kidos_now_ns(CLOCK_REALTIME) };
	error = kidos_maps_open(&state->maps, path, KIDOS_MAP_READ);
	if (error)
		return complain(path, error);
	error = read_slots(state);
	if (!error)
		return ctl_select(state, NULL);
	ctl_state_close(state);
	return complain(path, error);
}

void ctl_state_close(struct ctl_state *state)
{
	kidos_maps_close(&state->maps);
	free(state->slots);
	state->slots = NULL;
}

void ctl_label(const struct ctl_state *state, unsigned int slot, char label[CTL_LABEL])
{
	char raw[KIDOS_NETNS_NAME + IF_NAMESIZE + 1];
	const struct kidos_slot *of = slot < state->maps.meta.slots ? &state->slots[slot] : NULL;

	if (slot == KIDOS_SLOT_OTHER)
		snprintf(raw, sizeof(raw), "other");
	else if (!of || !*of->name)
		snprintf(raw, sizeof(raw), "slot %u", slot);
	else
		snprintf(raw, sizeof(raw), "%.*s%s%.*s", KIDOS_NETNS_NAME - 1, of->netns,
			 *of->netns ? ":" : "", IF_NAMESIZE - 1, of->name);
	kidos_text_escape(raw, label, CTL_LABEL);
}

static bool is_called(const struct ctl_state *state, unsigned int index, const char *name)
{
	const struct kidos_slot *slot = &state->slots[index];
	char label[CTL_LABEL];

	ctl_label(state, index, label);
	return !strcmp(name, label) || (*slot->name && !strncmp(name, slot->name, IF_NAMESIZE)) ||
	       (*slot->report && !strncmp(name, slot->report, sizeof(slot->report)));
}

int ctl_select(struct ctl_state *state, const char *name)
{
	char text[CTL_LABEL];
	bool any = !name;

	state->interface = name;
	for (unsigned int i = 0; i < state->maps.meta.slots; i++) {
		state->selected[i] = !name || is_called(state, i, name);
		any |= state->selected[i];
	}
	if (any)
		return CTL_OK;
	kidos_text_escape(name, text, sizeof(text));
	ctl_complain("no interface %s here; kidosctl status lists them", text);
	return CTL_FAILURE;
}

double ctl_rate(const struct ctl_interval *interval, uint64_t before, uint64_t now)
{
	return interval->seconds > 0 && now > before ? (double)(now - before) / interval->seconds
						     : 0;
}

bool ctl_slot_used(const struct ctl_state *state, unsigned int slot)
{
	const struct kidos_slot *of = &state->slots[slot];

	return of->state > KIDOS_SLOT_UNUSED && of->state <= KIDOS_SLOT_FAILED &&
	       of->rung[KIDOS_RX] < KIDOS_RUNGS && of->rung[KIDOS_TX] < KIDOS_RUNGS;
}

bool ctl_process_exists(unsigned int pid)
{
	return pid && (!kill((pid_t)pid, 0) || errno == EPERM);
}
