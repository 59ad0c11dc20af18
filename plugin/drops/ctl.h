/* SPDX-License-Identifier: MIT */
/* ctl.h: `kidosctl drops`, and what drops are in `status` and `summary`. */
#ifndef KIDOS_DROPS_CTL_H
#define KIDOS_DROPS_CTL_H

#include "ctl/brief.h"
#include "ctl/ctl.h"
#include "drops/view.h"

/* What drops are grouped by; names: ctl_drop_by_names. */
enum ctl_drop_by {
	CTL_DROPS_ONE_BY_ONE,
	CTL_DROPS_REASON,
	CTL_DROPS_PLACE,
	CTL_DROPS_PROTO,
	CTL_DROPS_INTERFACE,
	CTL_DROPS_SRC, /* from here on only the recent drops have it, not the counts */
	CTL_DROPS_DST,
	CTL_DROPS_HOST,
	CTL_DROPS_PORT,
	CTL_DROPS_PROCESS,
	CTL_DROPS_BY
};
extern const char *const ctl_drop_by_names[CTL_DROPS_BY];

struct ctl_drop_settings {
	struct ctl_output output;
	enum ctl_drop_by by;
	const char *interface, *reason, *place; /* NULL: any */
	struct kidos_drop_filter filter;
};

extern const struct ctl_option ctl_drop_options[];
extern const struct ctl_drop_settings ctl_drop_defaults;

extern const struct ctl_command ctl_drops;
extern const struct ctl_brief ctl_drops_in_status, ctl_drops_in_summary;

#endif
