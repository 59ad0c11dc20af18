/* SPDX-License-Identifier: MIT */
/* flow_find.h: one flow's entry, found as the programs find it. */
#ifndef KIDOS_STATE_FLOW_FIND_H
#define KIDOS_STATE_FLOW_FIND_H

#include "state/maps.h"

/*
 * Is there an entry of this key? Its marks go to *marks. For the plugin alone: it takes the table's
 * seed. Some 0.1 us where the table is mapped, a system call on the baseline rung.
 */
bool kidos_flow_find(const struct kidos_maps *maps, const struct kidos_flow_key *key,
		     uint32_t *marks);

#endif
