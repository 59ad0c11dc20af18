/* SPDX-License-Identifier: MIT */
#include "core/sinks.h"

#include <errno.h>

int kidos_sinks_add(struct kidos_sinks *sinks, kidos_sink take, void *self)
{
	if (sinks->count == KIDOS_SINKS_MAX)
		return -ENOSPC;
	sinks->items[sinks->count].take = take;
	sinks->items[sinks->count++].self = self;
	return 0;
}

void kidos_sinks_give(const struct kidos_sinks *sinks, const void *thing)
{
	for (size_t i = 0; i < sinks->count; i++)
		sinks->items[i].take(sinks->items[i].self, thing);
}
