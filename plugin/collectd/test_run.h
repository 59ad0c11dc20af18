/* SPDX-License-Identifier: MIT */
/* test_run.h: is this `collectd -T`? The daemon itself tells no plugin. */
#ifndef KIDOS_COLLECTD_TEST_RUN_H
#define KIDOS_COLLECTD_TEST_RUN_H

#include <stdbool.h>

/* By the arguments in /proc/self/cmdline; false if they cannot be read. */
bool collectd_is_test_run(void);

#endif
