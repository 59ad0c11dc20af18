/* SPDX-License-Identifier: MIT */
/* maps_reader.h: the pinned maps of the drop programs, as a reader has them. */
#ifndef KIDOS_DROPS_MAPS_READER_H
#define KIDOS_DROPS_MAPS_READER_H

#include "drops/rungs.h"

#include <stdint.h>

struct kidos_drop_reader {
	int counts, other, records, positions, states; /* descriptors, -1 where there is none */
	struct kidos_drop_state state; /* zeros where nothing is pinned */
	const struct kidos_drop_record *rings; /* mapped or copied, NULL before */
	size_t records_total; /* of all rings */
};
#define KIDOS_DROP_READER_NONE                                                          \
	{                                                                               \
		.counts = -1, .other = -1, .records = -1, .positions = -1, .states = -1 \
	}

/*
 * Opens what is pinned under path for reading. 0, or -errno: -ENOENT when there are no counts.
 * Close it in any case.
 */
int kidos_drop_reader_open(struct kidos_drop_reader *maps, const char *path);
void kidos_drop_reader_close(struct kidos_drop_reader *maps);

/* How often counts were moved, odd while they are; 0 where nothing is pinned. */
uint64_t kidos_drop_reader_folds(const struct kidos_drop_reader *maps);

/*
 * How many records were ever written; read it before the counts, which are never fewer. 0 or
 * -errno: -ENOENT where nothing tells.
 */
int kidos_drop_reader_recorded(const struct kidos_drop_reader *maps, uint64_t *records);

/* Maps the rings of recent drops; 0 or -errno. Without rings records_total stays 0. */
int kidos_drop_reader_rings(struct kidos_drop_reader *maps);

#endif
