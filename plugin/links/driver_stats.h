/* SPDX-License-Identifier: MIT */
/* driver_stats.h: a driver's own statistics of packets that it lost, over ethtool's ioctl. */
#ifndef KIDOS_LINKS_DRIVER_STATS_H
#define KIDOS_LINKS_DRIVER_STATS_H

#include "links/driver_loss.h"
#include "links/mnl_links.h"

#include <stdint.h>

/* Where the statistics lie that are asked for; zeros at first. */
struct kidos_driver_stats {
	uint32_t count; /* of all that the driver has: others are named otherwise */
	struct kidos_driver_stat {
		uint32_t index;
		enum kidos_driver_loss loss;
	} *picked;
	size_t picked_count;
	bool refused; /* the driver tells none: not asked again */
};

/*
 * Adds what the driver of an interface (its name as in kidos_driver_of) lost
 * since it was made to losses. The names are read at the first call, and when
 * their number has changed. 0, also where the driver has none, or -errno; one
 * error, and it is not asked again.
 */
int kidos_driver_stats_read(struct kidos_driver_stats *stats, struct kidos_rtnl *rtnl,
			    const char name[IF_NAMESIZE], const char *driver,
			    uint64_t losses[KIDOS_DRIVER_LOSSES]);
void kidos_driver_stats_free(struct kidos_driver_stats *stats);

#endif
