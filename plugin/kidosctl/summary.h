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

struct ctl_summary {
	struct ctl_interface *interfaces;
	size_t count;
	struct kidos_counts total; /* of interfaces with a device behind them */
	size_t devices; /* how many those are */
	struct ctl_briefs briefs;
};

void json_summary_print(const struct ctl_summary *summary);

#endif
