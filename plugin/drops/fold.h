/* SPDX-License-Identifier: MIT */
/* fold.h: counts of interfaces that are gone are added up, so that there is room for those to come.
 */
#ifndef KIDOS_DROPS_FOLD_H
#define KIDOS_DROPS_FOLD_H

#include "context.h"
#include "drops/maps.h"
#include "drops/tally.h"

/* So many keys among the counts are too many. */
#define KIDOS_DROP_FULL (KIDOS_DROP_KEYS / 4 * 3)

/*
 * Once a poll, under the context's lock, when the counts were read. Nothing is
 * done up to KIDOS_DROP_FULL. Then those that have not moved for longest are added to
 * KIDOS_IFINDEX_GONE and freed until half are, but none that moved since the last poll and none of
 * a watched interface. Who is gone cannot be known: a namespace without a name or process in sight
 * may live. 0 or -errno: what was not folded stays.
 */
int kidos_drop_fold(const struct kidos_context *context, const struct kidos_drop_maps *maps,
		    struct kidos_drop_tally *tally);

#endif
