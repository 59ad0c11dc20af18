/* SPDX-License-Identifier: MIT */
/* state.h: a state directory, open for one poll. */
#ifndef KIDOS_CTL_STATE_H
#define KIDOS_CTL_STATE_H

#include "ctl/ctl.h"
#include "state/maps.h"

/* Time between two polls, for rates. */
struct ctl_interval {
	bool watched; /* else there are none to show */
	double seconds; /* since the poll before; 0: this is the first */
};

/* Per second; 0 at the first poll, and where a counter began anew. */
double ctl_rate(const struct ctl_interval *interval, uint64_t before, uint64_t now);

struct ctl_state {
	const char *path;
	uint64_t time_ns; /* CLOCK_REALTIME of this poll */
	struct ctl_interval interval;
	const char *interface; /* what was selected by name, NULL: everything */
	bool selected[KIDOS_SLOTS_MAX];
	struct kidos_maps maps;
	struct kidos_slot *slots; /* maps.meta.slots of them */
};

/* enum ctl_exit; what is wrong is on standard error. */
int ctl_state_open(struct ctl_state *state, const char *path);
void ctl_state_close(struct ctl_state *state);

/* "[NAMESPACE:]NAME" of a slot, safe to print. */
#define CTL_LABEL (4 * (KIDOS_NETNS_NAME + IF_NAMESIZE))
void ctl_label(const struct ctl_state *state, unsigned int slot, char label[CTL_LABEL]);

/* Does an interface have it, with state and rungs that this version knows? */
bool ctl_slot_used(const struct ctl_state *state, unsigned int slot);

/*
 * Selects the slots that an interface's name means: with its namespace, without, or as reported;
 * all for NULL. enum ctl_exit, with a complaint where there is none.
 */
int ctl_select(struct ctl_state *state, const char *name);

/* Is there such a process, whoever owns it? 0 is none. */
bool ctl_process_exists(unsigned int pid);

#endif
