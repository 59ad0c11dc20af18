/* SPDX-License-Identifier: MIT */
/* share.h: a part of a whole, added up until there is enough of it to judge. */
#ifndef KIDOS_CORE_SHARE_H
#define KIDOS_CORE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

struct kidos_share {
	uint64_t part, whole;
	uint64_t since_ns; /* 0: empty */
};

/*
 * Adds what an interval saw. True when the window holds at least `least` of
 * the whole: percent is the share then, and the window starts again. One that
 * gets older than window_ns without that is forgotten.
 */
bool kidos_share_add(struct kidos_share *share, uint64_t part, uint64_t whole, uint64_t now_ns,
		     uint64_t window_ns, uint64_t least, double *percent);

#endif
