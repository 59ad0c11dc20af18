/* SPDX-License-Identifier: MIT */
/* ctl_sum.h: what one process or command did within a while, out of the recent events. */
#ifndef KIDOS_CONNECTS_CTL_SUM_H
#define KIDOS_CONNECTS_CTL_SUM_H

#include "connects/ctl_window.h"
#include "connects/view.h"
#include "core/tally.h"

struct ctl_connects_sum {
	struct ctl_window window;
	uint64_t time_ns; /* CLOCK_REALTIME */
	const struct kidos_connect_filter *filter; /* its pid, or command */
	size_t pids;
	uint64_t attempts, accepts, datagrams, closed;
	uint64_t results[KIDOS_CONNECT_RESULTS];
	uint64_t rx, tx, retransmits; /* of connections that ended */
	uint64_t *latencies; /* ns, of TCP that was established, in order */
	size_t latency_count, latency_room;
	struct kidos_tally protocols, destinations; /* in order; without ports and with */
	bool failed; /* no memory */
};

void ctl_connects_sum_add(struct ctl_connects_sum *sum, const struct kidos_connect_view *view);

/* When all were added. */
void ctl_connects_sum_end(struct ctl_connects_sum *sum);
void ctl_connects_sum_free(struct ctl_connects_sum *sum);

/* Seconds that so many percent stayed at or below; NAN: there are none. */
double ctl_connects_sum_percentile(const struct ctl_connects_sum *sum, unsigned int percent);

/* Attempts that ended with an errno. */
uint64_t ctl_connects_sum_failed(const struct ctl_connects_sum *sum);

#define CTL_SUM_TOP 10 /* destinations that are shown */

#endif
