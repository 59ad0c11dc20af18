/* SPDX-License-Identifier: MIT */
/*
 * driver_loss.h: which of a driver's own statistics, as `ethtool -S` names
 * them, tell of packets that were lost before there was one to trace.
 */
#ifndef KIDOS_LINKS_DRIVER_LOSS_H
#define KIDOS_LINKS_DRIVER_LOSS_H

#include "abi_drop.h"

#include <stdbool.h>
#include <stddef.h>

/* The reasons that such losses go by. */
extern const char *const kidos_driver_loss_names[KIDOS_DRIVER_LOSSES];

struct kidos_loss_name {
	const char *pattern; /* #: a number, blanks before it allowed */
	enum kidos_driver_loss loss;
	bool total; /* of all queues: then those of single queues are in it */
	const char *driver; /* which alone means that by the name; NULL: any */
};
extern const struct kidos_loss_name kidos_loss_names[];
extern const size_t kidos_loss_name_count;

/* The row for a statistic of a driver; NULL: it is about something else. */
const struct kidos_loss_name *kidos_loss_find(const char *name, const char *driver);

/*
 * Does the driver run native XDP on skbs too? Those that a program drops then
 * reach the tracepoint, in functions of the driver, and are among its
 * KIDOS_DRIVER_XDP_DROP as well: they must be taken off there.
 */
bool kidos_loss_is_traced(const char *driver);

/* Is that one of the functions? */
bool kidos_loss_traced_at(const char *place);

#endif
