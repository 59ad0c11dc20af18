/* SPDX-License-Identifier: MIT */
/*
 * values.h: samples into value lists. The one file that collectd 6
 * would replace.
 */
#ifndef KIDOS_COLLECTD_VALUES_H
#define KIDOS_COLLECTD_VALUES_H

#include "core/sample.h"

#include <collectd.h>

#include <utils_time.h>

/* The values of one poll bear one time. */
struct collectd_batch {
	cdtime_t time;
};

/* A kidos_emit; context is a struct collectd_batch. */
void collectd_dispatch(const struct kidos_sample *sample, void *context);

#endif
