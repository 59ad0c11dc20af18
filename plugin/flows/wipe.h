/* SPDX-License-Identifier: MIT */
/* wipe.h: what slots held is taken out of the maps, for others to have them. */
#ifndef KIDOS_FLOWS_WIPE_H
#define KIDOS_FLOWS_WIPE_H

#include "state/maps.h"
#include "state/wait.h"

/*
 * Empties the flow table's entries of these slots (true; KIDOS_SLOTS_MAX of
 * them), then their counts, retired ones too: afterwards nothing shows that
 * they were used. No program may write to them any more, and their last packet
 * be KIDOS_QUIET units old. Other slots are counted meanwhile. The baseline
 * rung's entries are not touched: kidos_baseline_remove() has them. 0 or -errno.
 */
int kidos_slots_wipe(const struct kidos_maps *maps, const bool slots[KIDOS_SLOTS_MAX]);

#endif
