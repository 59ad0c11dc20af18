/* SPDX-License-Identifier: MIT */
/* view.h: the whole of an mmapable array in memory, mapped or copied. */
#ifndef KIDOS_STATE_VIEW_H
#define KIDOS_STATE_VIEW_H

#include <stddef.h>

/*
 * Called for each element that was copied twice, one copy after the other: changes `first`, the
 * one that is kept, if what happened in between shows that it was read torn. NULL: one that is not
 * the same in both was written meanwhile, and becomes zeros.
 */
typedef void (*kidos_view_settle)(void *first, const void *second);

/*
 * Maps the array of `count` elements of `size` bytes (a multiple of 8) for reading. The kernel maps
 * only what may be written, so that whoever may only read gets a copy of the array as it is now.
 * 0 or -errno; to be unmapped with count * size bytes.
 */
int kidos_view(int fd, size_t count, size_t size, kidos_view_settle settle, const void **address);

#endif
