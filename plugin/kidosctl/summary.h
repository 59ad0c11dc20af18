/* SPDX-License-Identifier: MIT */
/* summary.h: what `summary` says, gathered before it is said in words or JSON. */
#ifndef KIDOS_KIDOSCTL_SUMMARY_H
#define KIDOS_KIDOSCTL_SUMMARY_H

#include "drops/ctl_brief.h"
#include "flows/ctl_scan.h"

/* On the wire, of one interface or of several. */
struct ctl_counts {
	struct kidos_count classes[KIDOS_DIRECTIONS][KIDOS_CLASSES];
	uint64_t errors[KIDOS_PARSE_ERRORS]; /* both directions */
};

struct ctl_interface {
	char label[CTL_LABEL];
	const struct kidos_slot *slot;
	struct ctl_counts counts;
};

struct ctl_summary {
	const struct ctl_state *state;
	struct ctl_interface *interfaces;
	size_t count;
	struct ctl_counts total; /* of interfaces with a device behind them */
	size_t devices; /* how many those are */
	struct ctl_scan scan;
	struct ctl_drop_brief drops;
};

/* All classes of one direction. */
struct kidos_count ctl_counts_sum(const struct ctl_counts *counts, unsigned int direction);

void json_summary_print(const struct ctl_summary *summary);

#endif
