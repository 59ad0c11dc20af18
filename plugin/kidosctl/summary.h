/* SPDX-License-Identifier: MIT */
/* summary.h: what `summary` shows, gathered before it is printed as text or JSON. */
#ifndef KIDOS_KIDOSCTL_SUMMARY_H
#define KIDOS_KIDOSCTL_SUMMARY_H

#include "ctl/brief.h"
#include "state/totals.h"

struct ctl_interface {
	char label[CTL_LABEL];
	bool has_device;
	struct kidos_counts counts;
};

/* What one poll counted. */
struct ctl_summary_counts {
	struct ctl_interface *interfaces;
	size_t count;
	struct kidos_counts total; /* of interfaces with a device behind them */
	size_t devices; /* how many those are */
};

struct ctl_summary {
	uint64_t time_ns; /* CLOCK_REALTIME */
	struct ctl_interval interval;
	struct ctl_summary_counts now, before; /* before: empty ahead of the second poll */
	struct ctl_briefs briefs;
};

/* What an interface, or the total, had at the poll before; itself where that is unknown. */
const struct kidos_counts *ctl_summary_before(const struct ctl_summary *summary,
					      const struct ctl_interface *interface);
const struct kidos_counts *ctl_summary_total_before(const struct ctl_summary *summary);

void json_summary_print(const struct ctl_summary *summary);

#endif
