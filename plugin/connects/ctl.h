/* SPDX-License-Identifier: MIT */
/* ctl.h: `kidosctl connections`, `listeners`, `top`, and what connections are in `status` and
 * `summary`. */
#ifndef KIDOS_CONNECTS_CTL_H
#define KIDOS_CONNECTS_CTL_H

#include "connects/view.h"
#include "ctl/brief.h"
#include "ctl/ctl.h"

#define CTL_CONNECTS_EACH 100 /* events of one process */
#define CTL_CONNECTS_EACH_MAX 1000

/* Of list and summary, which read the recent events. */
struct ctl_connects_settings {
	struct ctl_output output; /* its limit is of one process */
	struct kidos_connect_filter filter;
	bool follow;
	uint64_t duration; /* seconds, of summary */
};

/* Of live and listeners, which read the sockets that are open, and of top. */
struct ctl_sockets_settings {
	struct ctl_output output;
	struct kidos_connect_filter filter; /* its pid, command, dest */
	unsigned int by, sort; /* of top */
};

enum ctl_top_by { CTL_TOP_COMMAND, CTL_TOP_UNIT };
enum ctl_top_sort {
	CTL_TOP_BYTES,
	CTL_TOP_CONNECTS,
	CTL_TOP_FAILURES,
	CTL_TOP_LIVE,
	CTL_TOP_ACCEPTS,
	CTL_TOP_SORTS
};

extern const struct ctl_option ctl_connections_list_options[], ctl_connections_summary_options[],
	ctl_connections_live_options[], ctl_listeners_options[], ctl_top_options[];
extern const struct ctl_connects_settings ctl_connects_defaults;
extern const struct ctl_sockets_settings ctl_sockets_defaults;
bool ctl_connections_check_window(const void *settings);
bool ctl_connections_check_one(const void *settings);

extern const struct ctl_command ctl_connections_list, ctl_connections_summary, ctl_connections_live,
	ctl_listeners, ctl_top;
extern const struct ctl_brief ctl_connects_in_status, ctl_connects_in_summary;

#endif
