/* SPDX-License-Identifier: MIT */
/* ctl_window.h: how much of the time that was asked about the recorder has. */
#ifndef KIDOS_CONNECTS_CTL_WINDOW_H
#define KIDOS_CONNECTS_CTL_WINDOW_H

#include "connects/reader.h"

/* Times of CLOCK_REALTIME in ns. */
struct ctl_window {
	uint64_t since, until; /* asked; since 0: all there is */
	uint64_t complete_since; /* everything that was recorded from then on is there */
	const char
		*limit; /* what ends the window: "boot", "daemon", "recorder"; NULL: it is whole */
	uint64_t unrecorded; /* events without a record, since the start */
};

/* since 0: all there is. until 0: now. 0 or -errno. */
int ctl_window_of(const struct kidos_connect_reader *reader, uint64_t since, uint64_t until,
		  struct ctl_window *window);

/* Does the recorder have every event of it? */
bool ctl_window_is_whole(const struct ctl_window *window);

struct json_object;
void json_window_add(struct json_object *object, const struct ctl_window *window);
void ctl_window_print(const struct ctl_window *window);

#endif
