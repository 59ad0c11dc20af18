/* SPDX-License-Identifier: MIT */
/*
 * map_set.h: maps as a table. A row is a map and its pin; one loop each
 * creates, takes, pins, opens and closes them. A collector has a set of its
 * own. Descriptors lie in an array in the order of the rows.
 */
#ifndef KIDOS_STATE_MAP_SET_H
#define KIDOS_STATE_MAP_SET_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct bpf_object;

struct kidos_map_row {
	const char *name; /* of the pin, and of the map in a BPF object */
	unsigned int type; /* BPF_MAP_TYPE_* of a map that kidos_map_set_create makes; 0: an
			      object has it */
	__u32 key, value; /* bytes in this ABI; value 0: not checked */
	__u32 entries; /* 0: given when it is made */
	__u32 flags; /* BPF_F_* of one that is made */
};

struct kidos_map_set {
	const struct kidos_map_row *rows;
	size_t count;
};

#define KIDOS_MAP_SET(table)                                                 \
	{                                                                    \
		.rows = (table), .count = sizeof(table) / sizeof((table)[0]) \
	}

/* All of fd that is "no map". */
#define KIDOS_NO_MAPS(count)            \
	{                               \
		[0 ...(count) - 1] = -1 \
	}

/*
 * Makes the maps of the set that have a type and are not there yet. entries: of
 * a row whose own are 0. 0 or -errno; what was made stays until close.
 */
int kidos_map_set_create(const struct kidos_map_set *set, int *fd, __u32 entries);

/*
 * Before an object is loaded: it uses the maps that are there. After it was
 * loaded: duplicates of those that were not there, which outlive the object.
 * 0 or -errno.
 */
int kidos_map_set_give(const struct kidos_map_set *set, const int *fd, struct bpf_object *object);
int kidos_map_set_take(const struct kidos_map_set *set, int *fd, const struct bpf_object *object);

enum kidos_map_access {
	KIDOS_MAP_WRITE,
	KIDOS_MAP_READ, /* where no more is allowed; who may write can also map arrays */
};

/*
 * Opens one row's pin under path. Its descriptor, or -errno: -ENOENT when
 * there is none, -EPROTO when its sizes are not those of this ABI.
 */
int kidos_map_open(const struct kidos_map_row *row, const char *path, enum kidos_map_access access);

/* Opens every pin that is there: the rest of fd is -1. 0 or -errno. Close it either way. */
int kidos_map_set_open(const struct kidos_map_set *set, int *fd, const char *path,
		       enum kidos_map_access access);

/* One element of an array, whose size is the map's. 0 or -errno. */
int kidos_map_read(int fd, unsigned int index, void *value);
int kidos_map_write(int fd, unsigned int index, const void *value);

void kidos_map_set_close(const struct kidos_map_set *set, int *fd);

#endif
