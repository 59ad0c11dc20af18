/* SPDX-License-Identifier: MIT */
/* ctl_scan.h: recent events through the filter, in order. */
#ifndef KIDOS_CONNECTS_CTL_SCAN_H
#define KIDOS_CONNECTS_CTL_SCAN_H

#include "connects/cgroups.h"
#include "connects/ctl.h"
#include "connects/ctl_window.h"
#include "connects/reader.h"
#include "ctl/state.h"

struct ctl_connects_scan {
	const struct ctl_connects_settings *settings;
	const struct ctl_state *state;
	struct kidos_connect_filter filter; /* with the time that is meant */
	struct kidos_connect_reader reader;
	struct kidos_connect_cgroups cgroups;
	struct ctl_window window;
	uint64_t boot_ns;
	struct kidos_connect_view *events;
	size_t count, room;
	size_t selected; /* by the filter, before a limit */
	size_t pids; /* processes of these */
	bool failed; /* no memory */
};

/* Opens the maps. enum ctl_exit; what is wrong is on standard error. */
int ctl_connects_open(struct ctl_connects_scan *scan, const struct ctl_state *state,
		      const struct ctl_connects_settings *settings);
void ctl_connects_close(struct ctl_connects_scan *scan);

/*
 * False, and a complaint, where the filter has a name that <Privacy> hides:
 * what it selects would give it away.
 */
bool ctl_connects_may_ask(const struct ctl_state *state, const struct kidos_connect_filter *filter);

/* Says what is wrong with the maps; CTL_FAILURE. */
int ctl_connects_complain(int error);

/*
 * Events beyond last[] of each CPU that pass the filter; NULL: all of them. 0
 * or -errno. overwritten: events that went before they could be read.
 */
int ctl_connects_read(struct ctl_connects_scan *scan, uint64_t *last, uint64_t *overwritten);

/* Of each process the newest `limit`; then the newest first, or the oldest. */
void ctl_connects_limit(struct ctl_connects_scan *scan, uint64_t limit);
void ctl_connects_sort(struct ctl_connects_scan *scan, bool newest_first);

/* The number that a process is known by: the daemon's, else the initial namespace's. */
uint32_t ctl_connects_pid(const struct kidos_connect_record *record);

#define CTL_UNIT (4 * KIDOS_CONNECT_PATH_ROOM + 1)
/* The unit, and the path of the control group, safe to print; "-" where it is not known. */
void ctl_connects_unit(struct kidos_connect_cgroups *cgroups, uint64_t cgroup, char unit[CTL_UNIT]);
void ctl_connects_path(struct kidos_connect_cgroups *cgroups, uint64_t cgroup, char path[CTL_UNIT]);

#endif
