/* SPDX-License-Identifier: MIT */
#include "core/share.h"

bool kidos_share_add(struct kidos_share *share, uint64_t part, uint64_t whole, uint64_t now_ns,
		     uint64_t window_ns, uint64_t least, double *percent)
{
	if (!share->since_ns || now_ns - share->since_ns > window_ns)
		*share = (struct kidos_share){ .since_ns = now_ns };
	share->part += part;
	share->whole += whole;
	if (share->whole < least || !share->whole)
		return false;
	*percent = 100.0 * (double)share->part / (double)share->whole;
	if (*percent > 100) /* parts that were dropped before they were counted */
		*percent = 100;
	*share = (struct kidos_share){};
	return true;
}
