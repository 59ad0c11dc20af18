/* SPDX-License-Identifier: MIT */
/* ctl_scan.h: counts and recent drops through the filter into groups or a list. */
#ifndef KIDOS_DROPS_CTL_SCAN_H
#define KIDOS_DROPS_CTL_SCAN_H

#include "core/tally.h"
#include "drops/ctl.h"
#include "drops/ctl_names.h"
#include "drops/maps_reader.h"

/* What the poll before counted; zeros ahead of the first. */
struct ctl_drop_history {
	struct ctl_interval interval; /* up to this poll */
	struct kidos_tally groups;
	uint64_t total;
};

struct ctl_drop_scan {
	const struct ctl_drop_settings *settings;
	struct kidos_privacy privacy;
	struct ctl_drop_names *names;
	struct kidos_drop_reader maps;
	uint64_t now_ns; /* CLOCK_REALTIME */
	uint64_t total; /* drops since the start, those without room among the counts included */
	uint64_t other; /* ... which are so many */
	uint64_t policy; /* kidos's own */
	uint64_t packets; /* of total: those that a probe saw, hence without what drivers lost */
	uint64_t recorded; /* drops that ever had a record */
	uint64_t kept; /* recent drops that could be read, with `recent` */
	uint64_t selected_policy; /* of those counts that passed the filter */
	uint64_t selected; /* of total or kept: those that passed the filter */
	bool recent; /* groups are of recent drops, not of counts since the start */
	struct kidos_tally groups; /* in order */
	struct kidos_drop_view *events; /* those that passed the filter, newest first */
	size_t event_count, event_room;
	bool failed; /* no memory */
};

/* Opens the maps, for `drops` and the lines of others; enum ctl_exit, what is wrong is on standard
 * error. */
int ctl_drop_open(struct ctl_drop_scan *scan, const struct ctl_state *state,
		  const struct ctl_drop_settings *settings);
void ctl_drop_close(struct ctl_drop_scan *scan);

/* Of the total: drops that are in no record, since storms are recorded in part. */
uint64_t ctl_drop_unrecorded(const struct ctl_drop_scan *scan);

/* Totals, and groups or events by the settings; 0 or -errno. */
int ctl_drop_run(struct ctl_drop_scan *scan);

#endif
