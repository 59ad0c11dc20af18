/* SPDX-License-Identifier: MIT */
/* recover.h: what a process that was killed left on interfaces. */
#ifndef KIDOS_LINKS_RECOVER_H
#define KIDOS_LINKS_RECOVER_H

#include "state/maps.h"

/* Removes it, as the slots of its maps tell. */
void kidos_recover(const struct kidos_maps *old);

#endif
