/* SPDX-License-Identifier: MIT */
#include "policy/deadline.h"
#include "core/now.h"

#define SECOND_NS 1000000000u

int64_t kidos_policy_seconds_left(const struct kidos_policy_control *control)
{
	uint64_t now = kidos_now_ns(CLOCK_BOOTTIME);

	if (!control->deadline_ns)
		return -1;
	return control->deadline_ns > now ? (int64_t)((control->deadline_ns - now) / SECOND_NS) + 1
					  : 0;
}
