/* SPDX-License-Identifier: MIT */
/* recover.h: what a process that was killed left on interfaces. */
#ifndef KIDOS_LINKS_RECOVER_H
#define KIDOS_LINKS_RECOVER_H

#include "state/directory.h"

/*
 * Takes all of it away, as the state directory tells, whatever version wrote
 * there; pins and records stay. Returns how many programs are still there.
 */
unsigned int kidos_recover(const struct kidos_state *state);
/* The same of pins and records whose names begin so. */
unsigned int kidos_recover_names(const struct kidos_state *state, const char *links,
				 const char *records);

#endif
