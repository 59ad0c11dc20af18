/* SPDX-License-Identifier: MIT */
/* elements.h: a walk over a hash map, many elements a system call. */
#ifndef KIDOS_STATE_ELEMENTS_H
#define KIDOS_STATE_ELEMENTS_H

#include <stddef.h>

/* 0; anything else ends the walk. */
typedef int (*kidos_element_take)(int fd, const void *key, const void *value, void *context);

/*
 * fd -1: it is as if empty. Calls take for each element that is there all the while; it may remove
 * it. 0; -errno of the map, or what take returned.
 */
int kidos_elements_each(int fd, size_t key_size, size_t value_size, kidos_element_take take,
			void *context);

#endif
