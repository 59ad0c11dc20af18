/* SPDX-License-Identifier: MIT */
#include "core/now.h"

uint64_t kidos_now_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t kidos_boot_ns(void)
{
	return kidos_now_ns(CLOCK_REALTIME) - kidos_now_ns(CLOCK_BOOTTIME);
}
