/* SPDX-License-Identifier: MIT */
/*
 * learned.h: what is ordinary on this host, and since when it is learned,
 * remembered in a file over restarts. Each kind of thing has a file of its
 * own, a name a line.
 *
 * A kind whose names move from kernel to kernel may have numbers for what has
 * no name: a number holds for the kernel that it was seen under.
 */
#ifndef KIDOS_STATE_LEARNED_H
#define KIDOS_STATE_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIDOS_LEARNED 1024
#define KIDOS_LEARNED_NAME 128
#define KIDOS_LEARNED_KERNEL 160

struct kidos_learned_kind {
	const char *file; /* in collectd's BaseDir; also the file's first word */
	const char *what; /* for the log: "ordinary drop reasons" */
	size_t room; /* of a name, NUL included; at most KIDOS_LEARNED_NAME */
	bool numbers; /* a name that begins with a digit is of one kernel */
	bool (*is_character)(char character); /* may stand in a name */
};

/* One thread adds, any may ask meanwhile. */
struct kidos_learned {
	const struct kidos_learned_kind *kind;
	char names[KIDOS_LEARNED][KIDOS_LEARNED_NAME];
	size_t count; /* read and written atomically: names below it stay as they are */
	uint64_t since; /* seconds of CLOCK_REALTIME */
	char kernel[KIDOS_LEARNED_KERNEL]; /* that runs: its release and version */
	bool changed; /* since the last save */
};

/* Nothing is learned yet, from now on (seconds of CLOCK_REALTIME). */
void kidos_learned_init(struct kidos_learned *learned, const struct kidos_learned_kind *kind,
			uint64_t now);

bool kidos_learned_has(const struct kidos_learned *learned, const char *name);

/* Without effect on a name that is there, and where there is no more room. */
void kidos_learned_add(struct kidos_learned *learned, const char *name);

/*
 * Reads the kind's file in a folder over a fresh *learned, which stays as it
 * is on any error. 0, also without a file, or -errno: -EPERM if it is not a
 * file of ours that only we may write, -EBADMSG with the number of the line
 * that is none of ours.
 */
int kidos_learned_load(struct kidos_learned *learned, const char *folder, unsigned int *line);

/* Replaces the file by a new one as a whole. 0 or -errno. */
int kidos_learned_save(struct kidos_learned *learned, const char *folder);

#endif
