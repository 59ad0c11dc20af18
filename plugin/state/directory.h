/* SPDX-License-Identifier: MIT */
/*
 * directory.h: the state directory on bpffs. It is owned through a lock on
 * the directory itself, which the kernel drops when the owner ends.
 */
#ifndef KIDOS_STATE_DIRECTORY_H
#define KIDOS_STATE_DIRECTORY_H

#include "state/map_set.h"
#include "state/maps.h"

struct kidos_state {
	char path[PATH_MAX];
	int lock;
};

#define KIDOS_STATE_NONE   \
	{                  \
		.lock = -1 \
	}

/*
 * Makes the directory (0750, group kidos where there is one) and locks it.
 * Returns 0 or -errno with a reason; -EBUSY: another process owns it, which
 * the reason names. Nothing of another owner is touched. It is refused where
 * others could put or change something in it (trust.h), or where there is
 * something that kidos did not put there; no link is followed.
 */
int kidos_state_acquire(struct kidos_state *state, const char *path, char reason[KIDOS_REASON]);

/*
 * Would it be acquired? Leaves everything as it is: what a former owner left,
 * and no directory where there was none. As above.
 */
int kidos_state_try(const char *path, char reason[KIDOS_REASON]);

/* Did kidos make it? false also where that may not be seen: errno. */
bool kidos_state_is_marked(const char *path);

/* Has somebody removed or moved it, or unmounted its file system? */
bool kidos_state_is_lost(const struct kidos_state *state);

/* Removes the pins that are there, then the directory, and lets go. */
void kidos_state_release(struct kidos_state *state);

/* What a former owner's programs hang on while ours are not in their place: names begin so. */
#define KIDOS_FORMER "former-"

/*
 * Removes every pin of a former owner, not the mark; keep: nor what is kept (KIDOS_FORMER). Returns
 * how many there were.
 */
int kidos_state_clear(const struct kidos_state *state, bool keep);

/*
 * Pins the maps of a set that are there under their names, readable by the
 * group, in the order of the rows: who finds the last finds all. 0 or -errno.
 */
int kidos_state_pin_set(const struct kidos_state *state, const struct kidos_map_set *set,
			const int *fd);

/* The same for one object. */
int kidos_state_pin_shared(const struct kidos_state *state, int fd, const char *name);

/* One link, or other object, which nobody else may open. 0 or -errno. */
int kidos_state_pin(const struct kidos_state *state, int fd, const char *name);
/* A descriptor of what is pinned there, or -errno. */
int kidos_state_get(const struct kidos_state *state, const char *name);

/*
 * A line of text under a name without a dot. bpffs takes no files, so it is a
 * link that leads nowhere. 0 or -errno.
 */
int kidos_state_note(const struct kidos_state *state, const char *name, const char *text);
int kidos_state_read_note(const struct kidos_state *state, const char *name, char *text,
			  size_t size);

void kidos_state_remove(const struct kidos_state *state, const char *name);
/* What had the new name is replaced. 0 or -errno. */
int kidos_state_rename(const struct kidos_state *state, const char *name, const char *to);
/* Calls each with every name that begins so. */
typedef void (*kidos_state_visit)(const struct kidos_state *state, const char *name, void *context);
void kidos_state_each(const struct kidos_state *state, const char *prefix, kidos_state_visit each,
		      void *context);

/* Makes a folder for others to hold locks on; 0 or -errno. */
int kidos_state_make_lock(const struct kidos_state *state, const char *name);

#endif
