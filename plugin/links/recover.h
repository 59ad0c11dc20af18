/* SPDX-License-Identifier: MIT */
/* recover.h: what a process that was killed left on interfaces. */
#ifndef KIDOS_LINKS_RECOVER_H
#define KIDOS_LINKS_RECOVER_H

#include "state/directory.h"

/*
 * Removes all of it, and every pin, as the state directory tells, whatever
 * version wrote there. Returns how many pins there were.
 */
int kidos_recover(const struct kidos_state *state);

#endif
