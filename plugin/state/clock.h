/* SPDX-License-Identifier: MIT */
/* clock.h: the flow table's clock against CLOCK_MONOTONIC. */
#ifndef KIDOS_STATE_CLOCK_H
#define KIDOS_STATE_CLOCK_H

#include "state/state.h"

/*
 * Fills time_shift, unit_ns and time_origin_ns. Waits for the next unit to
 * begin, at most 10 ms, so that the origin is right to the microsecond.
 * 0 or -errno: -EPERM and -EACCES without the capabilities to load programs.
 */
int kidos_clock_measure(struct kidos_meta *meta);

#endif
