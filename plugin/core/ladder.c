/* SPDX-License-Identifier: MIT */
#include "core/ladder.h"

#include <errno.h>
#include <stdio.h>

int kidos_ladder(size_t count, kidos_rung_try attempt, void *context, size_t *taken,
		 char refused[KIDOS_REASON])
{
	char why[KIDOS_REASON];
	int error = -ENOENT;
	size_t used = 0;

	*refused = '\0';
	for (size_t i = 0; i < count; i++) {
		int failed;

		*why = '\0';
		failed = attempt(context, i, why);
		if (!failed) {
			*taken = i;
			return 0;
		}
		if (failed == -ECANCELED)
			continue;
		error = failed;
		if (used < KIDOS_REASON)
			used += (size_t)snprintf(refused + used, KIDOS_REASON - used, "%s%s",
						 used ? "; " : "", why);
	}
	return error;
}
