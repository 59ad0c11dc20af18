/* SPDX-License-Identifier: MIT */
/* reader.h: the scan of the flow table that a poll makes. */
#ifndef KIDOS_READER_H
#define KIDOS_READER_H

#include <stdint.h>

/* What the last scan saw of an entry. */
struct kidos_last_read {
	uint64_t bytes;
	uint32_t packets;
	uint32_t owner;
};

#endif
