/* SPDX-License-Identifier: MIT */
/* reader.h: the pinned maps of the connect programs, as kidosctl has them. */
#ifndef KIDOS_CONNECTS_READER_H
#define KIDOS_CONNECTS_READER_H

#include "connects/maps.h"
#include "connects/recent.h"

struct kidos_connect_reader {
	struct kidos_connect_maps maps;
	struct kidos_connect_state state; /* zeros where nothing is pinned */
	struct kidos_connect_rings rings; /* none before kidos_connect_reader_rings() */
};

/*
 * Opens what is pinned under path. 0 or -errno: -ENOENT where there are no
 * maps of connections. Close it in any case.
 */
int kidos_connect_reader_open(struct kidos_connect_reader *reader, const char *path);
void kidos_connect_reader_close(struct kidos_connect_reader *reader);

/* How often counts were moved, odd while they are. */
uint64_t kidos_connect_reader_folds(const struct kidos_connect_reader *reader);

/* Maps the rings of recent events, or copies them. 0 or -errno. */
int kidos_connect_reader_rings(struct kidos_connect_reader *reader);

#endif
