/* SPDX-License-Identifier: MIT */
/* state.h: a state directory, open for one poll. */
#ifndef KIDOS_CTL_STATE_H
#define KIDOS_CTL_STATE_H

#include "ctl/ctl.h"
#include "state/maps.h"

struct ctl_state {
	const char *path;
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

/* Which slots an interface's name means: with its namespace, without, or as reported. */
bool ctl_find_slots(const struct ctl_state *state, const char *name, bool found[KIDOS_SLOTS_MAX]);

#endif
