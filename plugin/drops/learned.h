/* SPDX-License-Identifier: MIT */
/*
 * learned.h: the reasons for drops that are ordinary on this host, and
 * since when they are learned, remembered in a file over restarts.
 *
 * Names, since the numbers move from kernel to kernel. A reason that has none
 * there is its number: that one holds for the kernel that it was seen under.
 */
#ifndef KIDOS_DROPS_LEARNED_H
#define KIDOS_DROPS_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_LEARNED_FILE "kidos-reasons"
#define KIDOS_LEARNED 1024
#define KIDOS_LEARNED_NAME 64
#define KIDOS_LEARNED_KERNEL 160

/* One thread adds, any may ask meanwhile. */
struct kidos_learned {
	char names[KIDOS_LEARNED][KIDOS_LEARNED_NAME];
	size_t count; /* read and written atomically: names below it stay as they are */
	uint64_t since; /* seconds of CLOCK_REALTIME */
	char kernel[KIDOS_LEARNED_KERNEL]; /* that runs: its release and version */
	bool changed; /* since the last save */
};

/* Nothing is learned yet, from now on (seconds of CLOCK_REALTIME). */
void kidos_learned_init(struct kidos_learned *learned, uint64_t now);

bool kidos_learned_has(const struct kidos_learned *learned, const char *name);

/* Without effect on a name that is there, and where there is no more room. */
void kidos_learned_add(struct kidos_learned *learned, const char *name);

/*
 * Reads KIDOS_LEARNED_FILE in a folder over a fresh *learned, which stays as
 * it is on any error. 0, also without a file, or -errno: -EPERM if it is not
 * a file of ours that only we may write, -EBADMSG with the number of the line
 * that is none of ours.
 */
int kidos_learned_load(struct kidos_learned *learned, const char *folder, unsigned int *line);

/* Replaces the file by a new one as a whole. 0 or -errno. */
int kidos_learned_save(struct kidos_learned *learned, const char *folder);

#endif
