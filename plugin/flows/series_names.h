/* SPDX-License-Identifier: MIT */
/*
 * series_names.h: the names of series that exist on this host, a bounded
 * number, remembered in a file over restarts: a name is an RRD file, which
 * nothing deletes.
 */
#ifndef KIDOS_FLOWS_SERIES_NAMES_H
#define KIDOS_FLOWS_SERIES_NAMES_H

#include "core/config.h"

#include <stdint.h>

#define KIDOS_NAME_NONE ((size_t)-1)
#define KIDOS_NAME_AGE 86400 /* seconds unseen after which a name makes place */
#define KIDOS_NAMES_FILE "kidos-series"

struct kidos_name {
	char *text; /* "type_instance plugin_instance", printable */
	uint64_t seen; /* seconds of CLOCK_REALTIME */
};

struct kidos_names {
	struct kidos_name *items;
	size_t count, most;
	bool changed; /* since the last save */
};

/* 0 or -ENOMEM. */
int kidos_names_init(struct kidos_names *names, size_t most);
void kidos_names_free(struct kidos_names *names);

/*
 * The index of a name: the one it had, else a free one, else that of the name
 * unseen for the longest time, if that is KIDOS_NAME_AGE or more: *freed is
 * then its index too (else KIDOS_NAME_NONE), and its series must go.
 * KIDOS_NAME_NONE when there is no room.
 */
size_t kidos_names_take(struct kidos_names *names, const char *instance, const char *name,
			uint64_t now, size_t *freed);
void kidos_names_seen(struct kidos_names *names, size_t index, uint64_t now);

/* Adds a line of the file, "seen type_instance plugin_instance", unless it is none. */
void kidos_names_add_line(struct kidos_names *names, char *line, uint64_t now);

/*
 * Reads KIDOS_NAMES_FILE in a folder; what is wrong with a line drops the line.
 * 0, also without a file, or -errno: -EPERM if it is not a file of ours that
 * only we may write.
 */
int kidos_names_load(struct kidos_names *names, const char *folder, uint64_t now);

/* Replaces the file by a new one as a whole. 0 or -errno. */
int kidos_names_save(struct kidos_names *names, const char *folder);

#endif
