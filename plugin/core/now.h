/* SPDX-License-Identifier: MIT */
/* now.h: the kernel's clocks, in nanoseconds. */
#ifndef KIDOS_CORE_NOW_H
#define KIDOS_CORE_NOW_H

#include <stdint.h>
#include <time.h>

uint64_t kidos_now_ns(clockid_t id);

/*
 * CLOCK_REALTIME - CLOCK_BOOTTIME: makes a time of day of what a program read
 * from bpf_ktime_get_boot_ns(), also after a suspend or a step of the clock.
 */
uint64_t kidos_boot_ns(void);

#endif
