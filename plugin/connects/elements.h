/* SPDX-License-Identifier: MIT */
/* elements.h: walks over hash maps of the connect programs, many elements a system call. */
#ifndef KIDOS_CONNECTS_ELEMENTS_H
#define KIDOS_CONNECTS_ELEMENTS_H

#include <stddef.h>

/* 0, or -errno, which ends the walk. */
typedef int (*kidos_connect_element)(int fd, const void *key, const void *value, void *context);

/*
 * fd -1: it is as if empty. Calls take for each element that is there all the while; it may remove
 * it. 0 or -errno: take's, or of the map.
 */
int kidos_connect_each(int fd, size_t key_size, size_t value_size, kidos_connect_element take,
		       void *context);

#endif
