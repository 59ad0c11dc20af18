/* SPDX-License-Identifier: MIT */
/*
 * directory.h: the state directory on bpffs. It is owned through a lock on
 * the directory itself, which the kernel drops with the owner's last breath.
 */
#ifndef KIDOS_STATE_DIRECTORY_H
#define KIDOS_STATE_DIRECTORY_H

#include "state/control_maps.h"
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
 * the reason names. Nothing of another owner is touched.
 */
int kidos_state_acquire(struct kidos_state *state, const char *path, char reason[KIDOS_REASON]);

/* Removes the pins that are there, and the directory if remove says so, and lets go. */
void kidos_state_release(struct kidos_state *state);

/* Removes every pin of a former owner. Returns how many there were. */
int kidos_state_clear(const struct kidos_state *state);

/* Makes the maps that only the user half writes: slots and meta; 0 or -errno. */
int kidos_state_create_maps(struct kidos_maps *maps, unsigned int slots);

/* Pins every map under its name, readable by the group; 0 or -errno. */
int kidos_state_pin(const struct kidos_state *state, const struct kidos_maps *maps);

/* Pins one map under this name, readable by the group; 0 or -errno. */
int kidos_state_pin_map(const struct kidos_state *state, int fd, const char *name);

/* Pins the maps between plugin and kidosctl and makes the folder for its lock; 0 or -errno. */
int kidos_state_pin_control(const struct kidos_state *state, const struct kidos_control_maps *maps);

#endif
