/* SPDX-License-Identifier: MIT */
/* ctl_top.h: counters since the start and sockets that are open, added up by command or unit. */
#ifndef KIDOS_CONNECTS_CTL_TOP_H
#define KIDOS_CONNECTS_CTL_TOP_H

#include "connects/cgroups.h"
#include "connects/ctl.h"
#include "connects/reader.h"

struct ctl_top_row {
	char name[KIDOS_CONNECT_PATH_ROOM * 4 + 1]; /* safe to print; "other": of no name */
	struct kidos_connect_counts counts; /* of closed sockets; bytes with the open ones' */
	uint64_t failed; /* attempts */
	uint64_t live; /* connections */
};

/* The whole of it, at one poll. */
struct ctl_top_scan {
	const struct ctl_sockets_settings *settings;
	const struct ctl_state *state;
	struct kidos_connect_reader reader;
	struct kidos_connect_cgroups cgroups;
	struct ctl_top_row *rows;
	size_t count, room;
	struct ctl_top_row total;
	uint64_t results[KIDOS_CONNECT_RESULTS];
	uint64_t events[KIDOS_CONNECT_EVENTS];
	bool failed; /* no memory */
};

/* What the poll before saw; NULL where the name is new. */
struct ctl_top_history {
	struct ctl_top_row *rows;
	size_t count;
};

/* Opens, reads and adds up. 0 or -errno: -ENOENT without maps of connections. Close it in any case.
 */
int ctl_top_read(struct ctl_top_scan *scan, const struct ctl_state *state,
		 const struct ctl_sockets_settings *settings);
void ctl_top_close(struct ctl_top_scan *scan);

const struct ctl_top_row *ctl_top_before(const struct ctl_top_history *history,
					 const struct ctl_top_row *row);

/* Over all protocols. */
uint64_t ctl_top_sum(const __u64 counts[KIDOS_CONNECT_PROTOCOLS]);
uint64_t ctl_top_attempts(const struct ctl_top_row *row);
/* attempts - what has an outcome; never below 0. */
uint64_t ctl_top_pending(const struct ctl_top_row *row);

#endif
